"""Maps and charts of a finished run: what reports and printed pictures are made with.

`figures` has the figures of a report by name. It draws with matplotlib, which takes a second to
load: import it where it is used.
"""
