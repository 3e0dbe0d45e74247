"""procmine: from the exports of several systems to one event log, and to where orders get stuck."""
