//! What each operation asks: request line, headers, body, and whether it may be sent again.

use http::Method;
use ossutil_protocol::{Operation, operations::*};

/// Sending it twice does what sending it once does.
const SAFE: bool = true;
/// Sending it twice may do something twice, or be refused the second time.
const ONCE: bool = false;

/// Compares a request with its text: `METHOD /bucket/key?query`, headers and body a line each.
#[track_caller]
fn check(operation: &impl Operation, is_idempotent: bool, expected: &str) {
    let request = operation.request();
    let mut text = format!("{} /", request.method);
    for part in [request.bucket.as_ref().map(|bucket| format!("{bucket}/")), request.key] {
        text.push_str(&part.unwrap_or_default());
    }
    let query = request.query.iter().map(|(name, value)| match value.as_str() {
        "" => name.clone(),
        value => format!("{name}={value}"),
    });
    let query: Vec<_> = query.collect();
    if !query.is_empty() {
        text = format!("{text}?{}", query.join("&"));
    }
    for (name, value) in &request.headers {
        text = format!("{text}\n{name}: {value}");
    }
    if !request.body.is_empty() {
        text = format!("{text}\n{}", String::from_utf8_lossy(&request.body));
    }
    assert_eq!(text, expected);
    assert_eq!(request.is_idempotent, is_idempotent, "{expected}");
    // Whatever HTTP promises of a method holds for the operation too.
    assert!(is_idempotent || request.method == Method::POST, "{expected}");
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn headers() -> Vec<(String, String)> {
    vec![(text("content-type"), text("text/plain")), (text("x-oss-meta-a"), text("b"))]
}

#[test]
fn buckets() {
    check(&ListBuckets::default(), SAFE, "GET /");
    let prefix = text("p");
    let all = ListBuckets { prefix, marker: text("m"), max_keys: Some(7), region_only: true };
    check(&all, SAFE, "GET /?prefix=p&marker=m&max-keys=7&regionList");
    check(&ListCloudBoxes::default(), SAFE, "GET /?cloudboxes");
    let boxes = ListCloudBoxes { prefix: text("p"), marker: text("m") };
    check(&boxes, SAFE, "GET /?cloudboxes&prefix=p&marker=m");

    let bucket = || text("b");
    check(&DeleteBucket { bucket: bucket() }, SAFE, "DELETE /b/");
    check(&GetBucketAcl { bucket: bucket() }, SAFE, "GET /b/?acl");
    check(&GetBucketInfo { bucket: bucket() }, SAFE, "GET /b/?bucketInfo");
    check(&GetBucketLifecycle { bucket: bucket() }, SAFE, "GET /b/?lifecycle");
    check(&GetBucketLocation { bucket: bucket() }, SAFE, "GET /b/?location");
    check(&GetBucketStat { bucket: bucket() }, SAFE, "GET /b/?stat");

    let plain = PutBucket { bucket: bucket(), acl: Some(text("private")), ..PutBucket::default() };
    check(&plain, SAFE, "PUT /b/\nx-oss-acl: private");
    let zoned = PutBucket {
        bucket: bucket(),
        storage_class: Some(text("IA")),
        redundancy_type: Some(text("ZRS")),
        ..PutBucket::default()
    };
    check(
        &zoned,
        SAFE,
        "PUT /b/\ncontent-type: application/xml\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <CreateBucketConfiguration><StorageClass>IA</StorageClass>\
         <DataRedundancyType>ZRS</DataRedundancyType></CreateBucketConfiguration>",
    );
    let written = PutBucket {
        configuration: Some("<CreateBucketConfiguration/>".into()),
        headers: vec![(text("x-oss-resource-group-id"), text("rg"))],
        ..zoned
    };
    check(
        &written,
        SAFE,
        "PUT /b/\nx-oss-resource-group-id: rg\ncontent-type: application/xml\n\
         <CreateBucketConfiguration/>",
    );
}

#[test]
fn listings() {
    let bucket = || text("b");
    check(
        &ListObjects { bucket: bucket(), ..ListObjects::default() },
        SAFE,
        "GET /b/?encoding-type=url",
    );
    let all = ListObjects {
        bucket: bucket(),
        prefix: text("p"),
        marker: text("a b"),
        delimiter: text("/"),
        max_keys: Some(1000),
    };
    check(&all, SAFE, "GET /b/?prefix=p&marker=a b&delimiter=/&max-keys=1000&encoding-type=url");

    let first = ListObjectsV2 { bucket: bucket(), ..ListObjectsV2::default() };
    check(&first, SAFE, "GET /b/?list-type=2&encoding-type=url");
    let next = ListObjectsV2 {
        prefix: text("p"),
        delimiter: text("/"),
        start_after: text("s"),
        continuation_token: Some(text("t")),
        max_keys: Some(1),
        fetch_owner: true,
        ..first
    };
    check(
        &next,
        SAFE,
        "GET /b/?list-type=2&prefix=p&delimiter=/&start-after=s&continuation-token=t&max-keys=1\
         &fetch-owner=true&encoding-type=url",
    );

    let first = ListObjectVersions { bucket: bucket(), ..ListObjectVersions::default() };
    check(&first, SAFE, "GET /b/?versions&encoding-type=url");
    let next = ListObjectVersions {
        prefix: text("p"),
        delimiter: text("/"),
        key_marker: text("k"),
        version_id_marker: text("v"),
        max_keys: Some(1),
        ..first
    };
    check(
        &next,
        SAFE,
        "GET /b/?versions&prefix=p&delimiter=/&key-marker=k&version-id-marker=v&max-keys=1\
         &encoding-type=url",
    );
}

#[test]
fn listings_of_uploads_and_parts() {
    let first = ListMultipartUploads { bucket: text("b"), ..ListMultipartUploads::default() };
    check(&first, SAFE, "GET /b/?uploads&key-marker&upload-id-marker&encoding-type=url");
    let next = ListMultipartUploads {
        prefix: text("p"),
        delimiter: text("/"),
        key_marker: text("k"),
        upload_id_marker: text("u"),
        max_uploads: Some(1000),
        ..first
    };
    check(
        &next,
        SAFE,
        "GET /b/?uploads&prefix=p&delimiter=/&key-marker=k&upload-id-marker=u&max-uploads=1000\
         &encoding-type=url",
    );

    let (bucket, key, upload_id) = (text("b"), text("a/b c"), text("U"));
    let first = ListParts { bucket, key, upload_id, ..ListParts::default() };
    check(&first, SAFE, "GET /b/a/b c?uploadId=U&part-number-marker=0&encoding-type=url");
    let next = ListParts { part_number_marker: 1000, max_parts: Some(2), ..first };
    check(
        &next,
        SAFE,
        "GET /b/a/b c?uploadId=U&part-number-marker=1000&max-parts=2&encoding-type=url",
    );
}

#[test]
fn objects() {
    let (bucket, key) = (|| text("b"), || text("a/b"));
    let version_id = Some(text("V"));
    check(&HeadObject { bucket: bucket(), key: key(), version_id: None }, SAFE, "HEAD /b/a/b");
    check(
        &HeadObject { bucket: bucket(), key: key(), version_id: version_id.clone() },
        SAFE,
        "HEAD /b/a/b?versionId=V",
    );
    check(
        &GetObjectMeta { bucket: bucket(), key: key(), version_id: version_id.clone() },
        SAFE,
        "HEAD /b/a/b?objectMeta&versionId=V",
    );
    let get = GetObject {
        bucket: bucket(),
        key: key(),
        version_id: version_id.clone(),
        range: Some(text("bytes=0-9")),
        headers: vec![(text("if-match"), text("\"E\""))],
    };
    check(&get, SAFE, "GET /b/a/b?versionId=V\nrange: bytes=0-9\nif-match: \"E\"");
    let put =
        PutObject { bucket: bucket(), key: key(), headers: headers(), body: "content".into() };
    check(&put, SAFE, "PUT /b/a/b\ncontent-type: text/plain\nx-oss-meta-a: b\ncontent");
    check(&DeleteObject { bucket: bucket(), key: key(), version_id: None }, SAFE, "DELETE /b/a/b");
    check(
        &DeleteObject { bucket: bucket(), key: key(), version_id },
        SAFE,
        "DELETE /b/a/b?versionId=V",
    );
}

#[test]
fn access_control_symlinks_and_appends() {
    let (bucket, key) = (|| text("b"), || text("a/b"));
    let version_id = || Some(text("V"));
    let acl = GetObjectAcl { bucket: bucket(), key: key(), version_id: None };
    check(&acl, SAFE, "GET /b/a/b?acl");
    check(&GetObjectAcl { version_id: version_id(), ..acl }, SAFE, "GET /b/a/b?acl&versionId=V");
    let link = PutSymlink {
        bucket: bucket(),
        key: key(),
        target: text("t/a b+"),
        headers: vec![(text("x-oss-object-acl"), text("private"))],
    };
    check(
        &link,
        SAFE,
        "PUT /b/a/b?symlink\nx-oss-symlink-target: t%2Fa%20b%2B\nx-oss-object-acl: private",
    );
    let read = GetSymlink { bucket: bucket(), key: key(), version_id: version_id() };
    check(&read, SAFE, "GET /b/a/b?symlink&versionId=V");
    let append = AppendObject {
        bucket: bucket(),
        key: key(),
        position: 5,
        headers: headers(),
        body: "more".into(),
    };
    check(
        &append,
        ONCE,
        "POST /b/a/b?append&position=5\ncontent-type: text/plain\nx-oss-meta-a: b\nmore",
    );
}

#[test]
fn what_stands_with_an_object() {
    let (bucket, key) = (|| text("b"), || text("k"));
    let version_id = Some(text("V"));
    let acl = text("public-read");
    let bucket_acl = PutBucketAcl { bucket: bucket(), acl: acl.clone() };
    check(&bucket_acl, SAFE, "PUT /b/?acl\nx-oss-acl: public-read");
    let object_acl =
        PutObjectAcl { bucket: bucket(), key: key(), version_id: version_id.clone(), acl };
    check(&object_acl, SAFE, "PUT /b/k?acl&versionId=V\nx-oss-object-acl: public-read");

    let tags = vec![Tag { key: text("a<"), value: text("b") }, Tag::default()];
    check(
        &PutObjectTagging { bucket: bucket(), key: key(), version_id: None, tags },
        SAFE,
        "PUT /b/k?tagging\ncontent-type: application/xml\n\
         <?xml version=\"1.0\" encoding=\"UTF-8\"?><Tagging><TagSet>\
         <Tag><Key>a&lt;</Key><Value>b</Value></Tag><Tag><Key></Key><Value></Value></Tag>\
         </TagSet></Tagging>",
    );
    check(
        &GetObjectTagging { bucket: bucket(), key: key(), version_id: version_id.clone() },
        SAFE,
        "GET /b/k?tagging&versionId=V",
    );
    check(
        &DeleteObjectTagging { bucket: bucket(), key: key(), version_id },
        SAFE,
        "DELETE /b/k?tagging&versionId=V",
    );

    let restore = RestoreObject { bucket: bucket(), key: key(), ..RestoreObject::default() };
    check(&restore, SAFE, "POST /b/k?restore");
    let xml = RestoreObject::document(3, Some("Bulk"));
    check(
        &RestoreObject { xml, ..restore },
        SAFE,
        "POST /b/k?restore\ncontent-type: application/xml\n\
         <?xml version=\"1.0\" encoding=\"UTF-8\"?><RestoreRequest><Days>3</Days>\
         <JobParameters><Tier>Bulk</Tier></JobParameters></RestoreRequest>",
    );
    assert!(!RestoreObject::document(1, None).contains("Tier"));
}

#[test]
fn deletion_of_many_names_its_digest_and_may_be_repeated() {
    let objects = vec![
        ObjectId { key: text("a\u{1}<"), version_id: None },
        ObjectId { key: text("b"), version_id: Some(text("V")) },
    ];
    check(
        &DeleteMultipleObjects { bucket: text("b"), objects, quiet: true },
        SAFE,
        "POST /b/?delete&encoding-type=url\ncontent-md5: wRQk1sr0M6S1cRJIiqTGEg==\n\
         content-type: application/xml\n<?xml version=\"1.0\" encoding=\"UTF-8\"?><Delete>\
         <Quiet>true</Quiet><Object><Key>a&#1;&lt;</Key></Object>\
         <Object><Key>b</Key><VersionId>V</VersionId></Object></Delete>",
    );
}

#[test]
fn multipart() {
    let (bucket, key, upload_id) = (|| text("b"), || text("k"), || text("U"));
    check(
        &InitiateMultipartUpload { bucket: bucket(), key: key(), headers: headers() },
        ONCE,
        "POST /b/k?uploads&encoding-type=url\ncontent-type: text/plain\nx-oss-meta-a: b",
    );
    let part = UploadPart {
        bucket: bucket(),
        key: key(),
        upload_id: upload_id(),
        part_number: 10000,
        body: "part".into(),
        content_md5: Some(text("md5")),
    };
    check(&part, SAFE, "PUT /b/k?partNumber=10000&uploadId=U\ncontent-md5: md5\npart");
    check(
        &AbortMultipartUpload { bucket: bucket(), key: key(), upload_id: upload_id() },
        SAFE,
        "DELETE /b/k?uploadId=U",
    );

    let copy = UploadPartCopy {
        bucket: bucket(),
        key: key(),
        upload_id: upload_id(),
        part_number: 1,
        source: CopySource { bucket: text("s"), key: text("日/a b+?"), version_id: None },
        ..UploadPartCopy::default()
    };
    check(
        &copy,
        SAFE,
        "PUT /b/k?partNumber=1&uploadId=U\nx-oss-copy-source: /s/%E6%97%A5/a%20b%2B%3F",
    );
    let source = CopySource { bucket: text("s"), key: text("k"), version_id: Some(text("a/b")) };
    let ranged = UploadPartCopy {
        source: source.clone(),
        source_range: Some(text("bytes=0-9")),
        headers: vec![(text("x-oss-copy-source-if-match"), text("E"))],
        ..copy
    };
    check(
        &ranged,
        SAFE,
        "PUT /b/k?partNumber=1&uploadId=U\nx-oss-copy-source: /s/k?versionId=a%2Fb\n\
         x-oss-copy-source-range: bytes=0-9\nx-oss-copy-source-if-match: E",
    );
}

#[test]
fn copies() {
    let source = CopySource { bucket: text("s"), key: text("日 k"), version_id: None };
    let plain = CopyObject { bucket: text("b"), key: text("k"), source, ..CopyObject::default() };
    check(&plain, SAFE, "PUT /b/k\nx-oss-copy-source: /s/%E6%97%A5%20k");
    let replaced = CopyObject {
        source: CopySource { version_id: Some(text("V")), ..plain.source.clone() },
        metadata_directive: Some(text("REPLACE")),
        tagging_directive: Some(text("COPY")),
        headers: headers(),
        ..plain
    };
    check(
        &replaced,
        SAFE,
        "PUT /b/k\nx-oss-copy-source: /s/%E6%97%A5%20k?versionId=V\n\
         x-oss-metadata-directive: REPLACE\nx-oss-tagging-directive: COPY\n\
         content-type: text/plain\nx-oss-meta-a: b",
    );
}

#[test]
fn completion_lists_parts_or_takes_them_all() {
    let parts = vec![(1, text("\"E1\"")), (7, text("E7"))];
    let listed = CompleteMultipartUpload {
        bucket: text("b"),
        key: text("k"),
        upload_id: text("U"),
        parts,
        forbid_overwrite: true,
        ..CompleteMultipartUpload::default()
    };
    check(
        &listed,
        ONCE,
        "POST /b/k?uploadId=U&encoding-type=url\nx-oss-forbid-overwrite: true\n\
         content-type: application/xml\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <CompleteMultipartUpload>\
         <Part><PartNumber>1</PartNumber><ETag>&quot;E1&quot;</ETag></Part>\
         <Part><PartNumber>7</PartNumber><ETag>E7</ETag></Part></CompleteMultipartUpload>",
    );
    let all = CompleteMultipartUpload { complete_all: true, forbid_overwrite: false, ..listed };
    check(&all, ONCE, "POST /b/k?uploadId=U&encoding-type=url\nx-oss-complete-all: yes");
}

#[test]
fn statuses_that_mean_success() {
    assert_eq!(ListParts::SUCCESS, [200]);
    assert_eq!(GetObject::SUCCESS, [200, 206]);
    assert_eq!(RestoreObject::SUCCESS, [200, 202]);
    for success in [AbortMultipartUpload::SUCCESS, DeleteBucket::SUCCESS, DeleteObject::SUCCESS] {
        assert_eq!(success, [204]);
    }
    assert_eq!(DeleteObjectTagging::SUCCESS, [204]);
}
