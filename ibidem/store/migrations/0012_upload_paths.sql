-- What has been uploaded under a path: a folder of ten thousand files asks it for each of them.

CREATE INDEX upload_by_path ON document (workspace, path) WHERE source IS NULL;
