"""The page to ask: its components and events, conversations as a browser keeps them, exports."""
