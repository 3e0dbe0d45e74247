"""Why a row gave nothing: every reason that the ledger can name, beside those of `schema.USED_ROWS`.

They are data, the same in every language; what a reader of another language sees is said in `show.words`.
"""

from procmine.schema import USED_ROWS

EVENT_ROW, LINK_ROW, ATTRIBUTE_ROW = USED_ROWS

TOO_FEW = "row with too few cells"
TOO_MANY = "row with too many cells"
QUOTE = "quoted cell that does not end as it should"
TOO_LONG = "row that is too long"
BYTES = "bytes that are not of the encoding"
ZEROS = "zero bytes in the row"
NO_OBJECT = "row that is no JSON object"
NO_TEXT = "characters that are no text"

NO_KEY = "no order key"
UNKNOWN_KEY = "key of no order"
AMBIGUOUS = "key of several orders"
CLAIMED = "order claimed by several keys"
DISAGREE = "keys of different orders"
INCOMPLETE = "link incomplete"
LINK_AGAIN = "link repeated"

NO_ACTIVITY = "no activity"
NO_STEP = "status is no step"
UNKNOWN_STATUS = "status not in the study"
NO_TIME = "no time"
UNREADABLE_TIME = "time not readable"
UNREADABLE_START = "start time not readable"
NO_ZONE = "time without zone"
BEFORE_WINDOW = "before the window"
AFTER_WINDOW = "after the window"
NO_EVENTS = "order without events"
EXACT = "exact double"
MIRRORED = "mirrored"
SUPERSEDED = "superseded by a later row"

ON_PURPOSE = (NO_STEP, MIRRORED, EXACT, SUPERSEDED, LINK_AGAIN)
"""The reasons of rows that a study itself asks to set aside, or that say a second time what another row says."""
