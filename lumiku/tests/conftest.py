from lumiku.tests.s3 import bucket, s3_server

__all__ = ["bucket", "s3_server"]
