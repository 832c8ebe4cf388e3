"""The HTTP server: application factory, security middleware, login and passwords."""
