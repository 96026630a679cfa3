"""Results of checks: printed as they come, counted at the end."""


class Checks:
    def __init__(self):
        self.count = 0
        self.failures = []

    def section(self, title):
        print(f"\n{title}", flush=True)

    def note(self, text):
        print(f"  {text}", flush=True)

    def that(self, what, holds, otherwise=None):
        self.count += 1
        if not holds:
            self.failures.append(what)
            print(f"✗ {what}\n    {str(otherwise)[:2000]}", flush=True)

    def same(self, what, found, expected):
        """Compares two sets in both directions."""
        found, expected = set(found), set(expected)
        missing, extra = sorted(expected - found), sorted(found - expected)
        self.that(what, found == expected, f"missing: {missing}; unexpected: {extra}")

    def result(self):
        failed = len(self.failures)
        print(f"\n{self.count - failed} of {self.count} checks passed")
        for failure in self.failures:
            print(f"✗ {failure}")
        return 1 if failed else 0
