//! Files with people's data or secrets: only their owner can read them, and no existing file is replaced.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

/// Creates a file that only its owner can read.
///
/// # Errors
/// A file of this name exists, or the file cannot be created.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Creates a file with these bytes. They survive a crash of the machine, unless the file system loses synced data. A file
/// that cannot be written whole is removed.
///
/// # Errors
/// A file of this name exists, or the file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = create(path)?;
    let written = file.write_all(bytes).and_then(|()| sync(&file, path));
    if written.is_err() {
        fs::remove_file(path).ok();
    }
    written
}

/// Makes a new file and its name survive a crash of the machine.
///
/// # Errors
/// The file system reports that it could not write.
pub fn sync(file: &File, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    // The name is an entry of the folder. Only Unix can open and sync a folder.
    #[cfg(unix)]
    File::open(folder_of(path))?.sync_all()?;
    Ok(())
}

#[cfg(unix)]
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_private_and_is_never_replaced() {
        let path = std::env::temp_dir().join(format!("prelude-private-{}", std::process::id()));
        write(&path, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(write(&path, b"two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        fs::remove_file(path).unwrap();
        assert_eq!(folder_of(Path::new("name")), Path::new("."));
    }
}
