"""One module per revision. A revision that was released is never changed: it says what old stores look like."""
