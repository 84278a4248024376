"""The same calls through each official Python SDK. Answers are plain: headers by lower-case name, lists and tuples."""

import asyncio
import os
import urllib.parse

import alibabacloud_oss_v2 as v2
import alibabacloud_oss_v2.aio as v2aio
import oss2

ENDPOINT = os.environ["OSS_ENDPOINT"]
REGION = os.environ["OSS_REGION"]
KEY_ID = os.environ["OSS_ACCESS_KEY_ID"]
SECRET = os.environ["OSS_ACCESS_KEY_SECRET"]


class ServiceError(Exception):
    def __init__(self, status, code):
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


def lowered(headers):
    return {name.lower(): value for name, value in headers.items()}


class Oss2:
    """oss2."""

    name = "oss2"

    def __init__(self, version, secret=SECRET, key_id=KEY_ID):
        auth = oss2.AuthV4 if version == "v4" else oss2.Auth
        self.auth = auth(key_id, secret)

    def close(self):
        pass

    def bucket(self, bucket):
        return oss2.Bucket(self.auth, ENDPOINT, bucket, region=REGION)

    def call(self, bucket, method, *args, **kwargs):
        try:
            return getattr(self.bucket(bucket), method)(*args, **kwargs)
        except oss2.exceptions.ServerError as error:
            raise ServiceError(error.status, error.code) from error

    def headers(self, *args, **kwargs):
        return lowered(self.call(*args, **kwargs).headers)

    # buckets

    def make_bucket(self, bucket, storage_class=None, acl=None):
        config = oss2.models.BucketCreateConfig(storage_class) if storage_class else None
        self.call(bucket, "create_bucket", acl, config)

    def delete_bucket(self, bucket):
        self.call(bucket, "delete_bucket")

    def buckets(self, prefix):
        service = oss2.Service(self.auth, ENDPOINT, region=REGION)
        return [bucket.name for bucket in oss2.BucketIterator(service, prefix=prefix, max_keys=2)]

    def bucket_info(self, bucket):
        info = self.call(bucket, "get_bucket_info")
        return info.storage_class, info.acl.grant, info.versioning_status

    def bucket_stat(self, bucket):
        stat = self.call(bucket, "get_bucket_stat")
        return stat.object_count, stat.storage_size_in_bytes, stat.multi_part_upload_count

    def put_bucket_acl(self, bucket, acl):
        self.call(bucket, "put_bucket_acl", acl)

    def bucket_acl(self, bucket):
        return self.call(bucket, "get_bucket_acl").acl

    def put_bucket_tags(self, bucket, tags):
        self.call(bucket, "put_bucket_tagging", self._tagging(tags))

    def bucket_tags(self, bucket):
        return self.call(bucket, "get_bucket_tagging").tag_set.tagging_rule

    def put_versioning(self, bucket, status):
        config = oss2.models.BucketVersioningConfig()
        config.status = status
        self.call(bucket, "put_bucket_versioning", config)

    def versioning(self, bucket):
        return self.call(bucket, "get_bucket_versioning").status

    # objects

    def put(self, bucket, key, body, headers=None):
        return self.headers(bucket, "put_object", key, body, headers=headers)

    def get(self, bucket, key, headers=None, params=None):
        result = self.call(bucket, "get_object", key, headers=headers, params=params)
        return result.read(), lowered(result.headers)

    def head(self, bucket, key, headers=None, params=None):
        return self.headers(bucket, "head_object", key, headers=headers, params=params)

    def meta(self, bucket, key):
        return self.headers(bucket, "get_object_meta", key)

    def append(self, bucket, key, position, body, headers=None):
        return self.headers(bucket, "append_object", key, position, body, headers=headers)

    def copy(self, bucket, source, key, headers=None, version=None):
        params = {"versionId": version} if version else None
        return self.headers(bucket, "copy_object", bucket, source, key, headers=headers, params=params)

    def delete(self, bucket, key, version=None):
        params = {"versionId": version} if version else None
        return self.headers(bucket, "delete_object", key, params=params)

    def delete_many(self, bucket, keys):
        return sorted(self.call(bucket, "batch_delete_objects", keys).deleted_keys)

    def delete_versions(self, bucket, pairs):
        versions = oss2.models.BatchDeleteObjectVersionList()
        for key, version in pairs:
            versions.append(oss2.models.BatchDeleteObjectVersion(key, version))
        answer = self.call(bucket, "delete_object_versions", versions).delete_versions
        return [(d.key, d.versionid, bool(d.delete_marker), d.delete_marker_versionid) for d in answer]

    def put_symlink(self, bucket, target, key, headers=None):
        return self.headers(bucket, "put_symlink", target, key, headers=headers)

    def symlink(self, bucket, key):
        return self.call(bucket, "get_symlink", key).target_key

    def _tagging(self, tags):
        rule = oss2.models.TaggingRule()
        for key, value in tags.items():
            rule.add(key, value)
        return oss2.models.Tagging(rule)

    def put_tags(self, bucket, key, tags):
        self.call(bucket, "put_object_tagging", key, self._tagging(tags))

    def tags(self, bucket, key):
        return self.call(bucket, "get_object_tagging", key).tag_set.tagging_rule

    def delete_tags(self, bucket, key):
        self.call(bucket, "delete_object_tagging", key)

    def put_acl(self, bucket, key, acl):
        self.call(bucket, "put_object_acl", key, acl)

    def acl(self, bucket, key):
        return self.call(bucket, "get_object_acl", key).acl

    def restore(self, bucket, key):
        return self.call(bucket, "restore_object", key).status

    # listings

    def objects(self, bucket, page, prefix="", delimiter="", marker=""):
        found = oss2.ObjectIterator(self.bucket(bucket), prefix, delimiter, marker, page)
        return [entry.key for entry in found]

    def objects_v2(self, bucket, page, prefix="", delimiter="", start_after="", owner=False):
        found = oss2.ObjectIteratorV2(
            self.bucket(bucket), prefix, delimiter, start_after=start_after, fetch_owner=owner, max_keys=page
        )
        return [(entry.key, entry.owner is not None) for entry in found]

    def versions(self, bucket, page, prefix="", delimiter=""):
        found, key, version = [], "", ""
        while True:
            answer = self.call(bucket, "list_object_versions", prefix, delimiter, key, page, version)
            found += [(v.key, v.versionid, v.is_latest, False) for v in answer.versions]
            found += [(v.key, v.versionid, v.is_latest, True) for v in answer.delete_marker]
            if not answer.is_truncated:
                return found
            key, version = answer.next_key_marker, answer.next_versionid_marker

    # uploads

    def initiate(self, bucket, key, headers=None):
        return self.call(bucket, "init_multipart_upload", key, headers=headers).upload_id

    def upload_part(self, bucket, key, upload_id, number, body):
        return self.call(bucket, "upload_part", key, upload_id, number, body).etag

    def copy_part(self, bucket, source, byte_range, key, upload_id, number):
        answer = self.call(bucket, "upload_part_copy", bucket, source, byte_range, key, upload_id, number)
        return answer.etag

    def parts(self, bucket, key, upload_id, page):
        found, marker = [], ""
        while True:
            answer = self.call(bucket, "list_parts", key, upload_id, marker=marker, max_parts=page)
            found += [(part.part_number, part.size, part.etag) for part in answer.parts]
            if not answer.is_truncated:
                return found
            marker = answer.next_marker

    def uploads(self, bucket, page, prefix="", delimiter=""):
        found, key, upload_id = [], "", ""
        while True:
            answer = self.call(
                bucket,
                "list_multipart_uploads",
                prefix=prefix,
                delimiter=delimiter,
                key_marker=key,
                upload_id_marker=upload_id,
                max_uploads=page,
            )
            found += [(upload.key, upload.upload_id) for upload in answer.upload_list]
            if not answer.is_truncated:
                return found
            key, upload_id = answer.next_key_marker, answer.next_upload_id_marker

    def abort(self, bucket, key, upload_id):
        self.call(bucket, "abort_multipart_upload", key, upload_id)

    def complete(self, bucket, key, upload_id, parts, headers=None):
        parts = [oss2.models.PartInfo(number, etag) for number, etag in parts]
        return self.call(bucket, "complete_multipart_upload", key, upload_id, parts, headers=headers).etag

    def complete_all(self, bucket, key, upload_id):
        headers = {"x-oss-complete-all": "yes"}
        return self.call(bucket, "complete_multipart_upload", key, upload_id, None, headers=headers).etag

    def presigned(self, bucket, key):
        return self.bucket(bucket).sign_url("GET", key, 60)


class V2:
    """alibabacloud-oss-v2, synchronous."""

    name = "v2"

    def __init__(self, version, secret=SECRET, key_id=KEY_ID):
        config = v2.config.load_default()
        config.credentials_provider = v2.credentials.StaticCredentialsProvider(key_id, secret)
        config.region, config.endpoint, config.signature_version = REGION, ENDPOINT, version
        config.retry_max_attempts = 1
        self.client = self.connect(config)

    def connect(self, config):
        return v2.Client(config)

    def close(self):
        pass

    def wait(self, result):
        return result

    def pages(self, paginator, request):
        return list(paginator.iter_page(request))

    def work(self, work):
        try:
            return work()
        except v2.exceptions.OperationError as error:
            cause = error.unwrap()
            if isinstance(cause, v2.exceptions.ServiceError):
                raise ServiceError(cause.status_code, cause.code) from error
            raise

    def call(self, method, request, **fields):
        fields = {name: value for name, value in fields.items() if value is not None}
        return self.work(lambda: self.wait(getattr(self.client, method)(getattr(v2, request)(**fields))))

    def headers(self, *args, **kwargs):
        return lowered(self.call(*args, **kwargs).headers)

    def all(self, method, request, page, **fields):
        paginator = getattr(self.client, method)(limit=page)
        return self.work(lambda: self.pages(paginator, getattr(v2, request)(**fields)))

    # buckets

    def make_bucket(self, bucket, storage_class=None, acl=None):
        config = v2.CreateBucketConfiguration(storage_class=storage_class) if storage_class else None
        self.call("put_bucket", "PutBucketRequest", bucket=bucket, acl=acl, create_bucket_configuration=config)

    def delete_bucket(self, bucket):
        self.call("delete_bucket", "DeleteBucketRequest", bucket=bucket)

    def buckets(self, prefix):
        pages = self.all("list_buckets_paginator", "ListBucketsRequest", 2, prefix=prefix)
        return [bucket.name for page in pages for bucket in page.buckets or []]

    def bucket_info(self, bucket):
        info = self.call("get_bucket_info", "GetBucketInfoRequest", bucket=bucket).bucket_info
        return info.storage_class, info.acl, info.versioning

    def bucket_stat(self, bucket):
        stat = self.call("get_bucket_stat", "GetBucketStatRequest", bucket=bucket)
        return stat.object_count, stat.storage, stat.multi_part_upload_count

    def put_bucket_acl(self, bucket, acl):
        self.call("put_bucket_acl", "PutBucketAclRequest", bucket=bucket, acl=acl)

    def bucket_acl(self, bucket):
        return self.call("get_bucket_acl", "GetBucketAclRequest", bucket=bucket).acl

    def put_bucket_tags(self, bucket, tags):
        self.call("put_bucket_tags", "PutBucketTagsRequest", bucket=bucket, tagging=self._tagging(tags))

    def bucket_tags(self, bucket):
        answer = self.call("get_bucket_tags", "GetBucketTagsRequest", bucket=bucket)
        return {tag.key: tag.value for tag in answer.tagging.tag_set.tags or []}

    def put_versioning(self, bucket, status):
        config = v2.VersioningConfiguration(status=status)
        self.call(
            "put_bucket_versioning", "PutBucketVersioningRequest", bucket=bucket, versioning_configuration=config
        )

    def versioning(self, bucket):
        return self.call("get_bucket_versioning", "GetBucketVersioningRequest", bucket=bucket).version_status

    # objects

    def put(self, bucket, key, body, headers=None):
        return self.headers("put_object", "PutObjectRequest", bucket=bucket, key=key, body=body, headers=headers)

    def get(self, bucket, key, headers=None, params=None):
        answer = self.call(
            "get_object", "GetObjectRequest", bucket=bucket, key=key, headers=headers, parameters=params
        )
        return self.read(answer), lowered(answer.headers)

    def read(self, answer):
        return answer.body.read()

    def head(self, bucket, key, headers=None, params=None):
        return self.headers(
            "head_object", "HeadObjectRequest", bucket=bucket, key=key, headers=headers, parameters=params
        )

    def meta(self, bucket, key):
        return self.headers("get_object_meta", "GetObjectMetaRequest", bucket=bucket, key=key)

    def append(self, bucket, key, position, body, headers=None):
        return self.headers(
            "append_object",
            "AppendObjectRequest",
            bucket=bucket,
            key=key,
            position=position,
            body=body,
            headers=headers,
        )

    def copy(self, bucket, source, key, headers=None, version=None):
        return self.headers(
            "copy_object",
            "CopyObjectRequest",
            bucket=bucket,
            key=key,
            source_key=source,
            source_version_id=version,
            headers=headers,
        )

    def delete(self, bucket, key, version=None):
        return self.headers("delete_object", "DeleteObjectRequest", bucket=bucket, key=key, version_id=version)

    def delete_many(self, bucket, keys):
        return sorted(key for key, *_ in self.delete_versions(bucket, [(key, None) for key in keys]))

    def delete_versions(self, bucket, pairs):
        objects = [v2.DeleteObject(key=key, version_id=version) for key, version in pairs]
        answer = self.call(
            "delete_multiple_objects", "DeleteMultipleObjectsRequest", bucket=bucket, objects=objects
        )
        deleted = answer.deleted_objects or []
        return [(d.key, d.version_id, bool(d.delete_marker), d.delete_marker_version_id) for d in deleted]

    def put_symlink(self, bucket, target, key, headers=None):
        target = urllib.parse.quote(target, safe="")
        return self.headers(
            "put_symlink", "PutSymlinkRequest", bucket=bucket, key=key, symlink_target=target, headers=headers
        )

    def symlink(self, bucket, key):
        answer = self.call("get_symlink", "GetSymlinkRequest", bucket=bucket, key=key)
        return urllib.parse.unquote(answer.target)

    def _tagging(self, tags):
        tags = [v2.Tag(key=key, value=value) for key, value in tags.items()]
        return v2.Tagging(tag_set=v2.TagSet(tags=tags))

    def put_tags(self, bucket, key, tags):
        self.call(
            "put_object_tagging", "PutObjectTaggingRequest", bucket=bucket, key=key, tagging=self._tagging(tags)
        )

    def tags(self, bucket, key):
        answer = self.call("get_object_tagging", "GetObjectTaggingRequest", bucket=bucket, key=key)
        return {tag.key: tag.value or "" for tag in answer.tag_set.tags or []}

    def delete_tags(self, bucket, key):
        self.call("delete_object_tagging", "DeleteObjectTaggingRequest", bucket=bucket, key=key)

    def put_acl(self, bucket, key, acl):
        self.call("put_object_acl", "PutObjectAclRequest", bucket=bucket, key=key, acl=acl)

    def acl(self, bucket, key):
        return self.call("get_object_acl", "GetObjectAclRequest", bucket=bucket, key=key).acl

    def restore(self, bucket, key):
        return self.call("restore_object", "RestoreObjectRequest", bucket=bucket, key=key).status_code

    # listings

    def objects(self, bucket, page, prefix="", delimiter="", marker=""):
        fields = {"bucket": bucket, "prefix": prefix, "delimiter": delimiter, "marker": marker}
        pages = self.all("list_objects_paginator", "ListObjectsRequest", page, **fields)
        return [name for page in pages for name in self._names(page)]

    def _names(self, page):
        return sorted([o.key for o in page.contents or []] + [p.prefix for p in page.common_prefixes or []])

    def objects_v2(self, bucket, page, prefix="", delimiter="", start_after="", owner=False):
        fields = {"prefix": prefix, "delimiter": delimiter, "start_after": start_after, "fetch_owner": owner}
        pages = self.all("list_objects_v2_paginator", "ListObjectsV2Request", page, bucket=bucket, **fields)
        owned = {o.key for page in pages for o in page.contents or [] if o.owner}
        return [(name, name in owned) for page in pages for name in self._names(page)]

    def versions(self, bucket, page, prefix="", delimiter=""):
        fields = {"bucket": bucket, "prefix": prefix, "delimiter": delimiter}
        pages = self.all("list_object_versions_paginator", "ListObjectVersionsRequest", page, **fields)
        found = []
        for answer in pages:
            found += [(v.key, v.version_id, v.is_latest, False) for v in answer.version or []]
            found += [(v.key, v.version_id, v.is_latest, True) for v in answer.delete_marker or []]
        return found

    # uploads

    def initiate(self, bucket, key, headers=None):
        return self.call(
            "initiate_multipart_upload",
            "InitiateMultipartUploadRequest",
            bucket=bucket,
            key=key,
            headers=headers,
        ).upload_id

    def upload_part(self, bucket, key, upload_id, number, body):
        fields = {"bucket": bucket, "key": key, "upload_id": upload_id, "part_number": number, "body": body}
        return self.call("upload_part", "UploadPartRequest", **fields).etag.strip('"')

    def copy_part(self, bucket, source, byte_range, key, upload_id, number):
        first, last = byte_range or ("", "")
        answer = self.call(
            "upload_part_copy",
            "UploadPartCopyRequest",
            bucket=bucket,
            key=key,
            upload_id=upload_id,
            part_number=number,
            source_key=source,
            source_range=f"bytes={first}-{last}" if byte_range else None,
        )
        return answer.etag.strip('"')

    def parts(self, bucket, key, upload_id, page):
        fields = {"bucket": bucket, "key": key, "upload_id": upload_id}
        pages = self.all("list_parts_paginator", "ListPartsRequest", page, **fields)
        return [(p.part_number, p.size, p.etag.strip('"')) for page in pages for p in page.parts or []]

    def uploads(self, bucket, page, prefix="", delimiter=""):
        fields = {"bucket": bucket, "prefix": prefix, "delimiter": delimiter}
        pages = self.all("list_multipart_uploads_paginator", "ListMultipartUploadsRequest", page, **fields)
        return [(u.key, u.upload_id) for page in pages for u in page.uploads or []]

    def abort(self, bucket, key, upload_id):
        fields = {"bucket": bucket, "key": key, "upload_id": upload_id}
        self.call("abort_multipart_upload", "AbortMultipartUploadRequest", **fields)

    def complete(self, bucket, key, upload_id, parts, headers=None):
        parts = [v2.UploadPart(part_number=number, etag=etag) for number, etag in parts]
        return self.call(
            "complete_multipart_upload",
            "CompleteMultipartUploadRequest",
            bucket=bucket,
            key=key,
            upload_id=upload_id,
            complete_multipart_upload=v2.CompleteMultipartUpload(parts=parts),
            headers=headers,
        ).etag.strip('"')

    def complete_all(self, bucket, key, upload_id):
        fields = {"bucket": bucket, "key": key, "upload_id": upload_id, "complete_all": "yes"}
        return self.call("complete_multipart_upload", "CompleteMultipartUploadRequest", **fields).etag.strip('"')

    def presigned(self, bucket, key):
        return self.wait(self.client.presign(v2.GetObjectRequest(bucket=bucket, key=key))).url


class V2Aio(V2):
    """alibabacloud-oss-v2, asynchronous: each call is waited for."""

    name = "v2aio"

    def connect(self, config):
        self.loop = asyncio.new_event_loop()
        return v2aio.AsyncClient(config)

    def close(self):
        self.wait(self.client.close())
        self.loop.close()

    def wait(self, result):
        return self.loop.run_until_complete(result) if asyncio.iscoroutine(result) else result

    def read(self, answer):
        # This SDK cannot read a body that is empty.
        return self.wait(answer.body.read()) if answer.content_length else b""

    def pages(self, paginator, request):
        async def collect():
            return [page async for page in paginator.iter_page(request)]

        return self.wait(collect())


KINDS = [(kind, version) for kind in (Oss2, V2, V2Aio) for version in ("v1", "v4")]
