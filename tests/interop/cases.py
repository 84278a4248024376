"""Runs cases with every SDK and both signature versions, each in a bucket of its own."""

import sys
import unittest
import uuid

from adapters import KINDS, ServiceError

PART = b"p" * 102_400
KEYS = ["a b/c+d", "q'\"&<>", "中文/😀", "x%2Fy", "z"]


class Case:
    """A set of cases; `client` and `bucket` are there for each."""

    def setUp(self):
        self.client = self.kind(self.version)
        self.addCleanup(self.client.close)
        self.bucket = f"bkt-{uuid.uuid4().hex[:16]}"
        self.client.make_bucket(self.bucket)

    def refuses(self, code, work):
        with self.assertRaises(ServiceError) as caught:
            work()
        self.assertEqual(caught.exception.code, code)

    def answers(self, status, work):
        """For answers without a body, which some SDKs find no code in."""
        with self.assertRaises(ServiceError) as caught:
            work()
        self.assertEqual(caught.exception.status, status)


def with_each_sdk(cases):
    module = sys.modules[cases.__module__]
    for kind, version in KINDS:
        name = f"{cases.__name__}_{kind.name}_{version}"
        fields = {"kind": kind, "version": version, "__module__": cases.__module__}
        setattr(module, name, type(name, (cases, unittest.TestCase), fields))
    return cases
