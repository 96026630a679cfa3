//! Size of the files that the user uploads, and of a zip archive of them.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use flate2::{Compression, write::DeflateEncoder};

use crate::{
    error::{Named as _, Result},
    results::Size,
};

/// Sizes of these files, and of the files in these folders.
pub(crate) fn of(paths: &[impl AsRef<Path>]) -> Result<Size> {
    let mut size = Size { files: 0, zip: END_OF_ARCHIVE };
    for path in paths {
        let path = path.as_ref();
        add(&mut size, path, path.parent().unwrap_or(path)).named(path.display())?;
    }
    Ok(size)
}

/// Bytes of an archive's last record, of the two headers of a file without its two names.
const END_OF_ARCHIVE: u64 = 22;
const HEADERS: u64 = 30 + 46;

fn add(size: &mut Size, path: &Path, root: &Path) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            add(size, &entry?.path(), root)?;
        }
        return Ok(());
    }
    let content = fs::read(path)?;
    let mut deflated = DeflateEncoder::new(Counter(0), Compression::best());
    deflated.write_all(&content)?;
    let name = path.strip_prefix(root).unwrap_or(path).as_os_str().len() as u64;
    size.files += content.len() as u64;
    size.zip += deflated.finish()?.0 + HEADERS + 2 * name;
    Ok(())
}

/// Counts the bytes that are written.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_has_headers_and_deflated_content() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/measure");
        let (file, whole) = (of(&[folder.join("size.rs")]).unwrap(), of(&[folder]).unwrap());
        assert_eq!(file.files, include_str!("size.rs").len() as u64);
        assert!(file.zip < file.files && file.zip > file.files / 10);
        assert!(whole.files > file.files && whole.zip > file.zip);
        assert_eq!(of(&[] as &[&Path]).unwrap().zip, END_OF_ARCHIVE);
    }
}
