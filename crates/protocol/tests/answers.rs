//! Answers that the recorded ones in `xml/` do not show: those in headers, those that lack what
//! they must not lack, and bodies of requests as a server reads them.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use ossutil_protocol::{DecodeError, Operation, Response, ServiceError, operations::*};

fn answer(headers: &[(&'static str, &'static str)], body: &'static str) -> Response {
    let headers = headers.iter();
    let headers: HeaderMap = headers
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    Response { status: StatusCode::OK, headers, body: Bytes::from_static(body.as_bytes()) }
}

fn body(body: &'static str) -> Response {
    answer(&[], body)
}

#[test]
fn headers_of_an_object() {
    let response = answer(
        &[
            ("content-length", "9223372036854775807"),
            ("etag", "\"E\""),
            ("last-modified", "Tue, 20 May 2025 08:45:46 GMT"),
            ("x-oss-hash-crc64ecma", "18446744073709551615"),
            ("x-oss-object-type", "Multipart"),
            ("x-oss-storage-class", "IA"),
            ("x-oss-version-id", "V"),
        ],
        "not read",
    );
    let head = GetObject::default().decode(&response).unwrap();
    assert_eq!(head.headers.len(), 7);
    assert_eq!(head.content_length, Some(9_223_372_036_854_775_807));
    assert_eq!(head.etag.as_deref(), Some("\"E\""));
    assert_eq!(head.last_modified.as_deref(), Some("Tue, 20 May 2025 08:45:46 GMT"));
    assert_eq!(head.hash_crc64, Some(u64::MAX));
    assert_eq!(head.object_type.as_deref(), Some("Multipart"));
    assert_eq!(head.storage_class.as_deref(), Some("IA"));
    assert_eq!(head.version_id.as_deref(), Some("V"));
    assert_eq!(HeadObject::default().decode(&response).unwrap(), head);
    assert_eq!(GetObjectMeta::default().decode(&response).unwrap(), head);
    assert_eq!(HeadObject::default().decode(&body("")).unwrap(), ObjectHead::default());
}

#[test]
fn a_copy() {
    let response = answer(
        &[
            ("x-oss-hash-crc64ecma", "7"),
            ("x-oss-version-id", "V"),
            ("x-oss-copy-source-version-id", "null"),
        ],
        "<CopyObjectResult><ETag>\"E\"</ETag>\
         <LastModified>2024-07-17T06:27:54.000Z</LastModified></CopyObjectResult>",
    );
    let copied = CopiedObject {
        etag: "\"E\"".to_owned(),
        last_modified: Some("2024-07-17T06:27:54Z".parse().unwrap()),
        hash_crc64: Some(7),
        version_id: Some("V".to_owned()),
        source_version_id: Some("null".to_owned()),
    };
    assert_eq!(CopyObject::default().decode(&response).unwrap(), copied);
    // In a 200 that is not the whole answer, a failure is not taken for a copy.
    assert!(CopyObject::default().decode(&body("<CopyObjectResult/>")).is_err());
}

#[test]
fn headers_of_a_part() {
    let response = answer(&[("etag", "\"E\""), ("x-oss-hash-crc64ecma", "7")], "");
    let part = UploadedPart { etag: "\"E\"".to_owned(), hash_crc64: Some(7) };
    assert_eq!(UploadPart::default().decode(&response).unwrap(), part);
    assert_eq!(PutObject::default().decode(&response).unwrap(), part);
    let missing = UploadPart::default().decode(&body(""));
    assert_eq!(missing, Err(DecodeError::Missing("ETag")));
    let negative = answer(&[("etag", "E"), ("x-oss-hash-crc64ecma", "-1")], "");
    assert!(UploadPart::default().decode(&negative).is_err());
}

#[test]
fn access_control() {
    let policy = body(
        "<AccessControlPolicy><Owner><ID>1</ID><DisplayName>own</DisplayName></Owner>\
         <AccessControlList><Grant>public-read</Grant></AccessControlList></AccessControlPolicy>",
    );
    let owner = Some(Owner { id: "1".to_owned(), display_name: "own".to_owned() });
    let expected = AccessControl { owner, grant: "public-read".to_owned() };
    assert_eq!(GetObjectAcl::default().decode(&policy).unwrap(), expected);
    assert_eq!(GetBucketAcl::default().decode(&policy).unwrap(), expected);
}

/// Targets are encoded in two ways: with `+` for a space by some clients, with `%20` by others.
#[test]
fn targets_of_symlinks() {
    for target in ["t%2Fa%20b%2B", "t/a+b%2B"] {
        let response = answer(&[("x-oss-symlink-target", target), ("etag", "\"E\"")], "");
        let symlink = GetSymlink::default().decode(&response).unwrap();
        assert_eq!(symlink.target, "t/a b+");
        assert_eq!(symlink.head.header("etag"), Some("\"E\""));
        assert_eq!(symlink.head.header("content-md5"), None);
    }
    let missing = GetSymlink::default().decode(&body(""));
    assert_eq!(missing, Err(DecodeError::Missing("x-oss-symlink-target")));
}

#[test]
fn an_append_says_where_the_next_one_goes() {
    let response = answer(
        &[("x-oss-next-append-position", "9"), ("x-oss-hash-crc64ecma", "18446744073709551615")],
        "",
    );
    let expected = AppendedObject { next_position: 9, hash_crc64: Some(u64::MAX) };
    assert_eq!(AppendObject::default().decode(&response).unwrap(), expected);
    assert!(AppendObject::default().decode(&body("")).is_err());
}

#[test]
fn cloud_boxes() {
    let response = body(
        "<ListCloudBoxResult><IsTruncated>true</IsTruncated><NextMarker>cb-1</NextMarker>\
         <Owner><ID>1</ID><DisplayName>own</DisplayName></Owner><CloudBoxes><CloudBox>\
         <ID>cb-1</ID><Name>n</Name><Region>r</Region><ControlEndpoint>c</ControlEndpoint>\
         <DataEndpoint>d</DataEndpoint></CloudBox></CloudBoxes></ListCloudBoxResult>",
    );
    let page = ListCloudBoxes::default().decode(&response).unwrap();
    assert_eq!((page.is_truncated, page.next_marker.as_deref()), (true, Some("cb-1")));
    assert_eq!(page.owner.unwrap().display_name, "own");
    let CloudBox { id, name, region, control_endpoint, data_endpoint } = &page.cloud_boxes[0];
    assert_eq!([id, name, region, control_endpoint, data_endpoint], ["cb-1", "n", "r", "c", "d"]);
    let nameless = "<ListCloudBoxResult><CloudBoxes><CloudBox/></CloudBoxes></ListCloudBoxResult>";
    let nameless = ListCloudBoxes::default().decode(&body(nameless));
    assert_eq!(nameless, Err(DecodeError::Missing("ID")));
}

#[test]
fn a_completed_upload() {
    let response = answer(
        &[("x-oss-hash-crc64ecma", "18446744073709551615"), ("x-oss-version-id", "V")],
        "<CompleteMultipartUploadResult><EncodingType>url</EncodingType><Location>http://h/a%20b\
         </Location><Bucket>b</Bucket><Key>a%20b%2B</Key><ETag>\"D-5\"</ETag>\
         </CompleteMultipartUploadResult>",
    );
    let expected = CompletedUpload {
        location: "http://h/a%20b".to_owned(),
        bucket: "b".to_owned(),
        key: "a b+".to_owned(),
        etag: "\"D-5\"".to_owned(),
        hash_crc64: Some(u64::MAX),
        version_id: Some("V".to_owned()),
    };
    assert_eq!(CompleteMultipartUpload::default().decode(&response).unwrap(), expected);
}

#[test]
fn an_error_where_an_answer_should_be_is_none() {
    let response = body("<Error><Code>CallbackFailed</Code></Error>");
    let error = CompleteMultipartUpload::default().decode(&response).unwrap_err();
    assert_eq!(error.to_string(), "the answer is a <Error>, not a <CompleteMultipartUploadResult>");
    assert_eq!(ServiceError::from_response(&response).code, "CallbackFailed");
}

#[test]
fn deletions_that_failed_are_told_apart() {
    let many = DeleteMultipleObjects::default();
    assert_eq!(many.decode(&body("")).unwrap(), []);
    assert_eq!(many.decode(&body("\r\n")).unwrap(), []);
    assert_eq!(many.decode(&body("<DeleteResult/>")).unwrap(), []);
    let response = body(
        "<DeleteResult><EncodingType>url</EncodingType>\
         <Error><Key>a%2Fb</Key><Code>AccessDenied</Code><Message>no</Message></Error>\
         <Deleted><Key>c</Key><VersionId/><DeleteMarker>true</DeleteMarker>\
         <DeleteMarkerVersionId>M</DeleteMarkerVersionId></Deleted></DeleteResult>",
    );
    let error = Some(("AccessDenied".to_owned(), "no".to_owned()));
    let expected = [
        DeletedObject { key: "a/b".to_owned(), error, ..DeletedObject::default() },
        DeletedObject {
            key: "c".to_owned(),
            is_delete_marker: true,
            delete_marker_version_id: Some("M".to_owned()),
            ..DeletedObject::default()
        },
    ];
    assert_eq!(many.decode(&response).unwrap(), expected);
}

#[test]
fn tags_and_restorations() {
    let tags = body(
        "<Tagging><TagSet><Tag><Key>a&amp;</Key><Value>b</Value></Tag><Tag><Key>c</Key></Tag>\
         </TagSet></Tagging>",
    );
    let tag = |key: &str, value: &str| Tag { key: key.to_owned(), value: value.to_owned() };
    let expected = [tag("a&", "b"), tag("c", "")];
    assert_eq!(GetObjectTagging::default().decode(&tags).unwrap(), expected);
    assert_eq!(PutObjectTagging::parse_body(&tags.body).unwrap(), expected);
    assert_eq!(GetObjectTagging::default().decode(&body("<Tagging/>")).unwrap(), []);

    let restore = |status| {
        let response = Response { status, ..Response::default() };
        RestoreObject::default().decode(&response).unwrap()
    };
    assert_eq!(restore(StatusCode::ACCEPTED), Restoration::Begun);
    assert_eq!(restore(StatusCode::OK), Restoration::Prolonged);
}

/// An upload without an id would turn its abort into the deletion of the object.
#[test]
fn entries_without_a_name_are_refused() {
    let uploads = |response| ListMultipartUploads::default().decode(&response);
    let upload = "<ListMultipartUploadsResult><Upload><Key>k</Key></Upload>\
                  </ListMultipartUploadsResult>";
    assert_eq!(uploads(body(upload)), Err(DecodeError::Missing("UploadId")));
    let upload = "<ListMultipartUploadsResult><Upload><Key/><UploadId>U</UploadId></Upload>\
                  </ListMultipartUploadsResult>";
    assert_eq!(uploads(body(upload)), Err(DecodeError::Missing("Key")));
    let part = body("<ListPartsResult><Part><Size>1</Size></Part></ListPartsResult>");
    assert_eq!(ListParts::default().decode(&part), Err(DecodeError::Missing("PartNumber")));
    let initiated = body("<InitiateMultipartUploadResult/>");
    assert_eq!(
        InitiateMultipartUpload::default().decode(&initiated),
        Err(DecodeError::Missing("UploadId"))
    );
}

#[test]
fn an_empty_answer_is_the_last_page() {
    let page = ListMultipartUploads::default().decode(&body("<ListMultipartUploadsResult/>"));
    assert_eq!(page.unwrap(), UploadsPage::default());
    let page = ListObjects::default()
        .decode(&body("<ListBucketResult><NextMarker></NextMarker></ListBucketResult>"));
    assert_eq!(page.unwrap(), ObjectsPage::default());
    let page = ListObjectsV2::default().decode(&body(
        "<ListBucketResult><NextContinuationToken/><KeyCount>0</KeyCount></ListBucketResult>",
    ));
    assert_eq!(page.unwrap(), ObjectsV2Page { key_count: Some(0), ..ObjectsV2Page::default() });
}

#[test]
fn values_that_cannot_be_read_are_errors() {
    for xml in [
        "<ListPartsResult><IsTruncated>maybe</IsTruncated></ListPartsResult>",
        "<ListPartsResult><Part><PartNumber>x</PartNumber></Part></ListPartsResult>",
        "<ListPartsResult><Part><PartNumber>1</PartNumber><Size>9223372036854775808</Size></Part>\
         </ListPartsResult>",
        "<ListPartsResult><Part><PartNumber>1</PartNumber><LastModified>today</LastModified></Part>\
         </ListPartsResult>",
        "<ListPartsResult><EncodingType>url</EncodingType><Key>%zz</Key></ListPartsResult>",
    ] {
        assert!(ListParts::default().decode(&body(xml)).is_err(), "{xml}");
    }
}

#[test]
fn a_server_reads_parts() {
    let parse = CompleteMultipartUpload::parse_body;
    let parts = parse(
        b"<CompleteMultipartUpload><Part><ETag> &quot;E1&quot; </ETag><PartNumber> 1 </PartNumber>\
          </Part><Part><PartNumber>2</PartNumber><ETag>E2</ETag></Part></CompleteMultipartUpload>",
    );
    assert_eq!(parts.unwrap(), [(1, "E1".to_owned()), (2, "E2".to_owned())]);
    assert_eq!(parse(b"<CompleteMultipartUpload/>").unwrap(), []);
    for broken in [&b""[..], b"<Delete/>", b"<CompleteMultipartUpload>"] {
        assert!(parse(broken).is_err());
    }
    let error = parse(b"<CompleteMultipartUpload><Part/></CompleteMultipartUpload>");
    assert_eq!(error, Err(DecodeError::Missing("PartNumber")));
}

#[test]
fn a_server_reads_deletions() {
    let parse = DeleteMultipleObjects::parse_body;
    let (quiet, objects) = parse(
        b"<Delete><Quiet>true</Quiet><Object><Key>a\x01&#2;</Key></Object>\
          <Object><Key> b </Key><VersionId>V</VersionId></Object></Delete>",
    )
    .unwrap();
    assert!(quiet);
    let expected = [
        ObjectId { key: "a\u{1}\u{2}".to_owned(), version_id: None },
        ObjectId { key: " b ".to_owned(), version_id: Some("V".to_owned()) },
    ];
    assert_eq!(objects, expected);
    let error = parse(b"<Delete><Object/></Delete>");
    assert_eq!(error, Err(DecodeError::Missing("Key")));
}

#[test]
fn a_server_reads_bucket_configurations() {
    let parse = PutBucket::parse_body;
    let xml = b"  <?xml version='1.0'?><CreateBucketConfiguration><StorageClass>IA</StorageClass>\
                </CreateBucketConfiguration>";
    assert_eq!(parse(xml).unwrap(), (Some("IA".to_owned()), None));
    assert_eq!(parse(b"<CreateBucketConfiguration/>").unwrap(), (None, None));
}

#[test]
fn why_access_was_denied() {
    let body = "<Error><Code>AccessDenied</Code><AccessDeniedDetail>\n  \
                <NoPermissionType>ImplicitDeny</NoPermissionType>\
                <AuthAction>oss:ListParts</AuthAction></AccessDeniedDetail></Error>";
    let response = Response { body: body.into(), ..Response::default() };
    let error = ServiceError::from_response(&response);
    assert_eq!(error.detail("AuthAction"), Some("oss:ListParts"));
    assert_eq!(error.detail("NoPermissionType"), Some("ImplicitDeny"));
    assert_eq!(error.detail("PolicyType"), None);
}
