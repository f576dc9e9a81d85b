"""What the pages of the app are made of: widgets, jobs in the background, and views of the library's reports."""
