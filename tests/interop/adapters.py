"""The same few calls through each official SDK and signature version."""

import os

import alibabacloud_oss_v2 as v2
import oss2

ENDPOINT = os.environ["OSS_ENDPOINT"]
REGION = os.environ["OSS_REGION"]
KEY_ID = os.environ["OSS_ACCESS_KEY_ID"]
SECRET = os.environ["OSS_ACCESS_KEY_SECRET"]


class ServiceError(Exception):
    def __init__(self, status, code):
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


class Oss2:
    """oss2, with V1 or V4."""

    def __init__(self, version, secret=SECRET, key_id=KEY_ID):
        auth = oss2.AuthV4 if version == "v4" else oss2.Auth
        self.auth, self.name = auth(key_id, secret), f"oss2-{version}"

    def _bucket(self, bucket):
        return oss2.Bucket(self.auth, ENDPOINT, bucket, region=REGION)

    def call(self, work):
        try:
            return work()
        except oss2.exceptions.ServerError as error:
            raise ServiceError(error.status, error.code) from error

    def make_bucket(self, bucket):
        self.call(lambda: self._bucket(bucket).create_bucket())

    def buckets(self, prefix):
        service = oss2.Service(self.auth, ENDPOINT, region=REGION)
        return [bucket.name for bucket in self.call(lambda: service.list_buckets(prefix=prefix)).buckets]

    def put(self, bucket, key, body):
        return self.call(lambda: self._bucket(bucket).put_object(key, body)).etag

    def get(self, bucket, key):
        return self.call(lambda: self._bucket(bucket).get_object(key).read())

    def objects(self, bucket, prefix=""):
        return [o.key for o in oss2.ObjectIterator(self._bucket(bucket), prefix=prefix, max_keys=2)]

    def delete(self, bucket, keys):
        return self.call(lambda: self._bucket(bucket).batch_delete_objects(keys)).deleted_keys

    def initiate(self, bucket, key):
        return self.call(lambda: self._bucket(bucket).init_multipart_upload(key)).upload_id

    def upload_part(self, bucket, key, upload_id, number, body):
        return self.call(lambda: self._bucket(bucket).upload_part(key, upload_id, number, body)).etag

    def parts(self, bucket, key, upload_id, page):
        found, marker = [], ""
        while True:
            call = lambda: self._bucket(bucket).list_parts(key, upload_id, marker=marker, max_parts=page)
            answer = self.call(call)
            found += [(part.part_number, part.size, part.etag) for part in answer.parts]
            if not answer.is_truncated:
                return found
            marker = answer.next_marker

    def uploads(self, bucket, page, prefix="", delimiter=""):
        found, key, upload_id = [], "", ""
        while True:
            call = lambda: self._bucket(bucket).list_multipart_uploads(
                prefix=prefix, delimiter=delimiter, key_marker=key, upload_id_marker=upload_id, max_uploads=page
            )
            answer = self.call(call)
            found += [(upload.key, upload.upload_id) for upload in answer.upload_list]
            if not answer.is_truncated:
                return found
            key, upload_id = answer.next_key_marker, answer.next_upload_id_marker

    def abort(self, bucket, key, upload_id):
        self.call(lambda: self._bucket(bucket).abort_multipart_upload(key, upload_id))

    def complete(self, bucket, key, upload_id, parts):
        parts = [oss2.models.PartInfo(number, etag) for number, etag in parts]
        return self.call(lambda: self._bucket(bucket).complete_multipart_upload(key, upload_id, parts)).etag

    def presigned(self, bucket, key):
        return self._bucket(bucket).sign_url("GET", key, 60)


class V2:
    """alibabacloud-oss-v2, with V1 or V4."""

    def __init__(self, version, secret=SECRET, key_id=KEY_ID):
        config = v2.config.load_default()
        config.credentials_provider = v2.credentials.StaticCredentialsProvider(key_id, secret)
        config.region, config.endpoint, config.signature_version = REGION, ENDPOINT, version
        config.retry_max_attempts = 1
        self.client, self.name = v2.Client(config), f"v2-{version}"

    def call(self, work):
        try:
            return work()
        except v2.exceptions.OperationError as error:
            cause = error.unwrap()
            if isinstance(cause, v2.exceptions.ServiceError):
                raise ServiceError(cause.status_code, cause.code) from error
            raise

    def make_bucket(self, bucket):
        self.call(lambda: self.client.put_bucket(v2.PutBucketRequest(bucket=bucket)))

    def buckets(self, prefix):
        answer = self.call(lambda: self.client.list_buckets(v2.ListBucketsRequest(prefix=prefix)))
        return [bucket.name for bucket in answer.buckets or []]

    def put(self, bucket, key, body):
        request = v2.PutObjectRequest(bucket=bucket, key=key, body=body)
        return self.call(lambda: self.client.put_object(request)).etag.strip('"')

    def get(self, bucket, key):
        request = v2.GetObjectRequest(bucket=bucket, key=key)
        return self.call(lambda: self.client.get_object(request).body.content)

    def objects(self, bucket, prefix=""):
        pages = self.client.list_objects_v2_paginator(limit=2).iter_page(
            v2.ListObjectsV2Request(bucket=bucket, prefix=prefix)
        )
        return [o.key for page in pages for o in page.contents or []]

    def delete(self, bucket, keys):
        objects = [v2.DeleteObject(key=key) for key in keys]
        request = v2.DeleteMultipleObjectsRequest(bucket=bucket, objects=objects)
        answer = self.call(lambda: self.client.delete_multiple_objects(request))
        return [deleted.key for deleted in answer.deleted_objects or []]

    def initiate(self, bucket, key):
        request = v2.InitiateMultipartUploadRequest(bucket=bucket, key=key)
        return self.call(lambda: self.client.initiate_multipart_upload(request)).upload_id

    def upload_part(self, bucket, key, upload_id, number, body):
        request = v2.UploadPartRequest(
            bucket=bucket, key=key, upload_id=upload_id, part_number=number, body=body
        )
        return self.call(lambda: self.client.upload_part(request)).etag.strip('"')

    def parts(self, bucket, key, upload_id, page):
        request = v2.ListPartsRequest(bucket=bucket, key=key, upload_id=upload_id)
        pages = self.call(lambda: list(self.client.list_parts_paginator(limit=page).iter_page(request)))
        return [(p.part_number, p.size, p.etag.strip('"')) for page in pages for p in page.parts or []]

    def uploads(self, bucket, page, prefix="", delimiter=""):
        request = v2.ListMultipartUploadsRequest(bucket=bucket, prefix=prefix, delimiter=delimiter)
        paginator = self.client.list_multipart_uploads_paginator(limit=page)
        pages = self.call(lambda: list(paginator.iter_page(request)))
        return [(u.key, u.upload_id) for page in pages for u in page.uploads or []]

    def abort(self, bucket, key, upload_id):
        request = v2.AbortMultipartUploadRequest(bucket=bucket, key=key, upload_id=upload_id)
        self.call(lambda: self.client.abort_multipart_upload(request))

    def complete(self, bucket, key, upload_id, parts):
        parts = [v2.UploadPart(part_number=number, etag=etag) for number, etag in parts]
        request = v2.CompleteMultipartUploadRequest(
            bucket=bucket,
            key=key,
            upload_id=upload_id,
            complete_multipart_upload=v2.CompleteMultipartUpload(parts=parts),
        )
        return self.call(lambda: self.client.complete_multipart_upload(request)).etag.strip('"')

    def presigned(self, bucket, key):
        return self.client.presign(v2.GetObjectRequest(bucket=bucket, key=key)).url


def clients(**changes):
    for kind in (Oss2, V2):
        for version in ("v1", "v4"):
            yield kind(version, **changes)
