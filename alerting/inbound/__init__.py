"""Acts that come in from chats and pagers: who it was, what they want, and that it is really them."""
