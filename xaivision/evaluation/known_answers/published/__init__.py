"""Published findings that a run can look for: each claim with what it takes to hold here."""
