"""What reading a web page loses and lets in."""
