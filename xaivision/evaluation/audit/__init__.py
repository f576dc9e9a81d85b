"""The audit: many items, methods and metrics, gone through once, kept on disk, and told with what cannot be said."""
