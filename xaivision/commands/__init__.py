"""The commands of the command line, one a file: parse, call, show.

What takes seconds to import is imported when a command runs.
"""
