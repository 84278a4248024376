"use strict";
// What the official JavaScript SDK must be able to do on the sandbox, with both signature versions.

const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const http = require("node:http");
const { Readable } = require("node:stream");
const { test } = require("node:test");
const OSS = require("ali-oss");

const PART = Buffer.alloc(102400, "p");
const KEYS = ["a b/c+d", "q'\"&<>", "中文/😀", "x%2Fy", "z"];
const md5 = (body) => crypto.createHash("md5").update(body).digest("hex").toUpperCase();

function connect(authorizationV4, changes = {}) {
  return new OSS({
    region: `oss-${process.env.OSS_REGION}`,
    endpoint: process.env.OSS_ENDPOINT,
    accessKeyId: process.env.OSS_ACCESS_KEY_ID,
    accessKeySecret: process.env.OSS_ACCESS_KEY_SECRET,
    authorizationV4,
    ...changes,
  });
}

/** Runs a case with each signature version, in a bucket of its own. */
function each(name, work) {
  for (const version of ["v1", "v4"]) {
    test(`${name} (${version})`, async () => {
      const client = connect(version === "v4");
      const bucket = `js-${crypto.randomBytes(8).toString("hex")}`;
      await client.putBucket(bucket);
      client.useBucket(bucket);
      await work(client, bucket);
    });
  }
}

const refuses = (code, promise) => assert.rejects(promise, (error) => {
  assert.equal(error.code, code);
  return true;
});
const body = async (client, key, options) => (await client.get(key, options)).content.toString();

each("buckets are made, listed and removed", async (client, bucket) => {
  const listed = await client.listBuckets({ prefix: bucket });
  assert.deepEqual(listed.buckets.map((entry) => entry.name), [bucket]);
  assert.equal((await client.getBucketInfo(bucket)).bucket.StorageClass, "Standard");
  await client.put("k", Buffer.from("content"));
  await refuses("BucketNotEmpty", client.deleteBucket(bucket));
  await client.delete("k");
  await client.deleteBucket(bucket);
  await refuses("NoSuchBucket", client.get("k"));
});

each("the ACL of a bucket is changed", async (client, bucket) => {
  assert.equal((await client.getBucketACL(bucket)).acl, "private");
  await client.putBucketACL(bucket, "public-read");
  assert.equal((await client.getBucketACL(bucket)).acl, "public-read");
});

each("a bucket is tagged", async (client, bucket) => {
  await client.putBucketTags(bucket, { a: "1", b: "2" });
  assert.deepEqual((await client.getBucketTags(bucket)).tag, { a: "1", b: "2" });
  await client.deleteBucketTags(bucket);
});

each("what is in a bucket is counted", async (client, bucket) => {
  await client.put("k", Buffer.from("12345"));
  const { stat } = await client.getBucketStat(bucket);
  assert.deepEqual([stat.ObjectCount, stat.Storage], ["1", "5"]);
});

each("objects of any name are written, listed and read", async (client) => {
  for (const key of KEYS) {
    const { res } = await client.put(key, Buffer.from(key));
    assert.equal(res.headers.etag, `"${md5(key)}"`);
    assert.equal(await body(client, key), key);
  }
  const { objects } = await client.list({ "max-keys": 100 });
  assert.deepEqual(objects.map((entry) => entry.name).sort(), [...KEYS].sort());
  const { deleted } = await client.deleteMulti(KEYS);
  assert.equal(deleted.length, KEYS.length);
  await refuses("NoSuchKey", client.get("z"));
});

each("streams are sent and received", async (client) => {
  const content = crypto.randomBytes(3_000_000);
  await client.putStream("k", Readable.from([content.subarray(0, 1_000_000), content.subarray(1_000_000)]));
  const { stream } = await client.getStream("k");
  assert.ok(Buffer.concat(await stream.toArray()).equals(content));
});

each("metadata is given back", async (client) => {
  await client.put("k", Buffer.from("content"), {
    mime: "text/x-test",
    meta: { author: "somebody" },
    headers: { "Cache-Control": "no-cache" },
  });
  const { meta, res } = await client.head("k");
  assert.equal(meta.author, "somebody");
  assert.equal(res.headers["content-type"], "text/x-test");
  assert.equal(res.headers["cache-control"], "no-cache");
  const short = await client.getObjectMeta("k");
  assert.equal(short.res.headers["content-length"], "7");
  await client.putMeta("k", { author: "other" });
  assert.equal((await client.head("k")).meta.author, "other");
});

each("ranges and conditions", async (client) => {
  const { res } = await client.put("k", Buffer.from("0123456789"));
  const get = (headers) => client.get("k", { headers });
  assert.equal((await get({ Range: "bytes=2-4" })).content.toString(), "234");
  assert.equal((await get({ Range: "bytes=20-" })).content.toString(), "0123456789");
  assert.equal((await get({ "If-Match": res.headers.etag })).res.status, 200);
  await refuses("PreconditionFailed", get({ "If-Match": "other" }));
  assert.equal((await client.head("k", { headers: { "If-None-Match": res.headers.etag } })).status, 304);
});

each("appending", async (client) => {
  const first = await client.append("k", Buffer.from("one"));
  const second = await client.append("k", Buffer.from("two"), { position: first.nextAppendPosition });
  assert.equal(second.nextAppendPosition, "6");
  assert.equal(await body(client, "k"), "onetwo");
  await refuses("PositionNotEqualToLength", client.append("k", Buffer.from("x"), { position: 1 }));
  await client.put("n", Buffer.from("x"));
  await refuses("ObjectNotAppendable", client.append("n", Buffer.from("x"), { position: 1 }));
});

each("copying", async (client, bucket) => {
  const source = "a b/中+";
  await client.put(source, Buffer.from("content"), { meta: { a: "1" } });
  const { data } = await client.copy("k", source);
  assert.equal(data.etag, `"${md5("content")}"`);
  assert.equal((await client.head("k")).meta.a, "1");
  await client.copy("l", source, bucket, { meta: { b: "2" } });
  assert.deepEqual((await client.head("l")).meta, { b: "2" });
  await refuses("NoSuchKey", client.copy("m", "missing"));
});

each("symbolic links", async (client) => {
  await client.put("target", Buffer.from("content"));
  await client.putSymlink("link", "target", { headers: { "x-oss-meta-a": "1" } });
  assert.equal((await client.getSymlink("link")).targetName, "target");
  assert.equal(await body(client, "link"), "content");
  await refuses("NotSymlink", client.getSymlink("target"));
});

each("tags of objects", async (client) => {
  await client.put("k", Buffer.from(""), { headers: { "x-oss-tagging": "a=1" } });
  assert.deepEqual((await client.getObjectTagging("k")).tag, { a: "1" });
  await client.putObjectTagging("k", { b: "2", c: "3" });
  assert.deepEqual((await client.getObjectTagging("k")).tag, { b: "2", c: "3" });
  await client.deleteObjectTagging("k");
  assert.deepEqual((await client.getObjectTagging("k")).tag, {});
});

each("ACLs of objects", async (client) => {
  await client.put("k", Buffer.from(""));
  assert.equal((await client.getACL("k")).acl, "default");
  await client.putACL("k", "public-read");
  assert.equal((await client.getACL("k")).acl, "public-read");
});

each("archived objects are restored", async (client) => {
  await client.put("k", Buffer.from("content"), { headers: { "x-oss-storage-class": "Archive" } });
  await refuses("InvalidObjectState", client.get("k"));
  assert.equal((await client.restore("k")).res.status, 202);
  await refuses("RestoreAlreadyInProgress", client.restore("k"));
});

each("listings roll up and go on", async (client) => {
  const names = ["a", "b/1", "b/2/x", "b0", "c/1"];
  for (const name of names) await client.put(name, Buffer.from(""));
  const found = [];
  let token;
  do {
    const page = await client.listV2({ delimiter: "/", "max-keys": 2, "continuation-token": token });
    found.push(...(page.objects || []).map((entry) => entry.name), ...(page.prefixes || []));
    token = page.nextContinuationToken;
  } while (token);
  assert.deepEqual(found.sort(), ["a", "b/", "b0", "c/"]);
  const page = await client.list({ prefix: "b", marker: "b/1", "max-keys": 1 });
  assert.deepEqual([page.objects[0].name, page.isTruncated, page.nextMarker], ["b/2/x", true, "b/2/x"]);
});

each("versions", async (client, bucket) => {
  await client.putBucketVersioning(bucket, "Enabled");
  assert.equal((await client.getBucketVersioning(bucket)).versionStatus, "Enabled");
  const first = (await client.put("k", Buffer.from("1"))).res.headers["x-oss-version-id"];
  await client.put("k", Buffer.from("2"));
  const gone = await client.delete("k");
  assert.equal(gone.res.headers["x-oss-delete-marker"], "true");
  await refuses("NoSuchKey", client.get("k"));
  assert.equal(await body(client, "k", { versionId: first }), "1");
  const listed = await client.getBucketVersions({ "max-keys": 10 });
  assert.deepEqual([listed.objects.length, listed.deleteMarker.length], [2, 1]);
  await client.delete("k", { versionId: listed.deleteMarker[0].versionId });
  assert.equal(await body(client, "k"), "2");
});

each("a file in parts", async (client) => {
  const content = crypto.randomBytes(350_000);
  const { etag } = await client.multipartUpload("dir/中 文+.bin", content, { partSize: 102400, parallel: 3 });
  assert.match(etag, /-4"$/);
  const got = await client.get("dir/中 文+.bin");
  assert.ok(got.content.equals(content));
  assert.equal(got.res.headers["x-oss-object-type"], "Multipart");
});

each("parts one by one", async (client) => {
  const { uploadId } = await client.initMultipartUpload("k");
  const done = [];
  for (const number of [2, 1]) {
    const { etag } = await client.uploadPart("k", uploadId, number, PART, 0, PART.length);
    done.unshift({ number, etag });
  }
  const { parts } = await client.listParts("k", uploadId);
  assert.deepEqual([].concat(parts).map((part) => part.PartNumber), ["1", "2"]);
  await refuses("InvalidPart", client.completeMultipartUpload("k", uploadId, [{ number: 3, etag: done[0].etag }]));
  const { etag } = await client.completeMultipartUpload("k", uploadId, done);
  assert.equal(etag, `"${md5(md5(PART) + md5(PART))}-2"`);
  await refuses("NoSuchUpload", client.listParts("k", uploadId));
});

each("uploads are listed and aborted", async (client) => {
  const ids = [];
  for (const key of ["a", "b", "b"]) ids.push((await client.initMultipartUpload(key)).uploadId);
  const first = await client.listUploads({ "max-uploads": 2 });
  assert.deepEqual([first.uploads.length, first.isTruncated], [2, true]);
  const second = await client.listUploads({
    "max-uploads": 2,
    "key-marker": first.nextKeyMarker,
    "upload-id-marker": first.nextUploadIdMarker,
  });
  const listed = [...first.uploads, ...second.uploads].map((upload) => upload.uploadId);
  assert.deepEqual(listed.sort(), [...ids].sort());
  await client.abortMultipartUpload("a", ids[0]);
  await refuses("NoSuchUpload", client.abortMultipartUpload("a", ids[0]));
});

each("an object is copied in parts", async (client, bucket) => {
  const content = crypto.randomBytes(250_000);
  await client.put("source/中", content);
  await client.multipartUploadCopy("k", { sourceKey: "source/中", sourceBucketName: bucket }, { partSize: 102400 });
  assert.ok((await client.get("k")).content.equals(content));
});

each("wrong credentials", async (client, bucket) => {
  const { authorizationV4 } = client.options;
  await refuses("SignatureDoesNotMatch", connect(authorizationV4, { bucket, accessKeySecret: "wrong" }).get("k"));
  await refuses("InvalidAccessKeyId", connect(authorizationV4, { bucket, accessKeyId: "nobody" }).get("k"));
});

each("overwriting can be forbidden", async (client) => {
  const headers = { "x-oss-forbid-overwrite": "true" };
  await client.put("k", Buffer.from("old"), { headers });
  await refuses("FileAlreadyExists", client.put("k", Buffer.from("new"), { headers }));
});

each("uploads call back", async (client, bucket) => {
  const calls = [];
  const server = http.createServer((request, response) => {
    let text = "";
    request.on("data", (piece) => (text += piece));
    request.on("end", () => {
      calls.push(text);
      response.end('{"Status":"OK"}');
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const callback = {
    url: `http://127.0.0.1:${server.address().port}/`,
    body: "object=${object}&who=${x:who}",
    contentType: "application/x-www-form-urlencoded",
    customValue: { who: "me" },
  };
  try {
    const put = await client.put("put", PART, { callback });
    assert.deepEqual([put.res.status, put.data.Status], [200, "OK"]);
    await client.put("source", Buffer.concat([PART, PART]));
    const source = { sourceKey: "source", sourceBucketName: bucket };
    const copyheaders = { "x-oss-copy-source-if-match": "" };
    const copy = await client.multipartUploadCopy("copy", source, { partSize: PART.length, callback, copyheaders });
    assert.equal(copy.data.Status, "OK");
    assert.deepEqual(calls, ["object=put&who=me", "object=copy&who=me"]);
  } finally {
    server.close();
  }
});

each("buckets are listed by their tags", async (client, bucket) => {
  assert.deepEqual((await client.getBucketTags(bucket)).tag, {});
  const tag = { a: "1", b: bucket };
  await client.putBucketTags(bucket, tag);
  const subres = (tags) => ({ tagging: Object.entries(tags).map(([k, v]) => `"${k}":"${v}"`).join(",") });
  const found = await client.listBuckets({ prefix: bucket, subres: subres(tag) });
  assert.deepEqual(found.buckets.map((entry) => entry.tag), [tag]);
  const none = await client.listBuckets({ prefix: bucket, subres: subres({ a: "2" }) });
  assert.deepEqual((none.buckets || []).filter((entry) => entry.name), []);
  await client.deleteBucketTags(bucket);
  assert.deepEqual((await client.getBucketTags(bucket)).tag, {});
});
