namespace IntrinsicLab.Data.Migrations;

/// <summary>
/// Long columns stand last: SQLite then reads a list of runs without walking through their plans. Points and tiers have no foreign
/// key, whose check would cost more than the insert; whoever deletes a series deletes them.
/// </summary>
internal static class FirstTables
{
    public static Migration Migration { get; } = new(1, "first tables", """
        CREATE TABLE experiments (
            id {uuid} NOT NULL PRIMARY KEY,
            name {text} NOT NULL,
            created_at {long} NOT NULL,
            notes {text} NOT NULL,
            plan {text} NOT NULL);
        CREATE INDEX experiments_by_age ON experiments (created_at);

        CREATE TABLE runs (
            id {uuid} NOT NULL PRIMARY KEY,
            name {text} NOT NULL,
            experiment_id {uuid} NULL REFERENCES experiments (id) ON DELETE SET NULL,
            algorithm {text} NOT NULL,
            environment {text} NOT NULL,
            steps {long} NOT NULL,
            seed {int} NOT NULL,
            device {text} NOT NULL,
            execution_group {text} NOT NULL,
            status {text} NOT NULL,
            priority {int} NOT NULL,
            tags {texts} NOT NULL,
            baseline {bool} NOT NULL,
            source {text} NOT NULL,
            created_at {long} NOT NULL,
            started_at {long} NULL,
            finished_at {long} NULL,
            updated_at {long} NOT NULL,
            version {long} NOT NULL,
            steps_done {long} NOT NULL,
            episodes_done {long} NOT NULL,
            last_return {real} NULL,
            best_return {real} NULL,
            steps_per_second {real} NULL,
            active_seconds {real} NOT NULL,
            attempt {int} NOT NULL,
            steps_at_claim {long} NOT NULL,
            fruitless_attempts {int} NOT NULL,
            worker_id {text} NULL,
            fence {long} NOT NULL,
            lease_until {long} NULL,
            host {text} NULL,
            process_id {int} NULL,
            code_version {text} NULL,
            git_commit {text} NULL,
            libtorch_version {text} NULL,
            hardware_description {text} NULL,
            deleted_at {long} NULL,
            configuration_hash {text} NOT NULL,
            error {text} NULL,
            notes {text} NOT NULL,
            packages {text} NULL,
            plan {text} NOT NULL);
        CREATE INDEX runs_by_experiment ON runs (experiment_id);
        CREATE INDEX runs_by_queue_order ON runs (status, execution_group, priority, created_at);
        CREATE INDEX runs_by_age ON runs (created_at, id);
        CREATE INDEX runs_by_task ON runs (algorithm, environment);

        CREATE TABLE run_events (
            id {identity},
            run_id {uuid} NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            time {long} NOT NULL,
            from_status {text} NULL,
            to_status {text} NOT NULL,
            actor {text} NOT NULL,
            reason {text} NOT NULL);
        CREATE INDEX run_events_by_run ON run_events (run_id, id);

        CREATE TABLE metric_series (
            id {identity},
            run_id {uuid} NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            name {text} NOT NULL,
            count {long} NOT NULL,
            last_step {long} NOT NULL,
            last_seconds {real} NOT NULL,
            last_value {real} NULL,
            min_value {real} NULL,
            max_value {real} NULL,
            non_finite {long} NOT NULL,
            sequence {long} NOT NULL);
        CREATE UNIQUE INDEX metric_series_by_run ON metric_series (run_id, name);

        CREATE TABLE metric_points (
            series_id {long} NOT NULL,
            step {long} NOT NULL,
            seconds {real} NOT NULL,
            value {real} NULL,
            PRIMARY KEY (series_id, step)) {clustered};

        CREATE TABLE metric_tiers (
            series_id {long} NOT NULL,
            width {long} NOT NULL,
            bucket {long} NOT NULL,
            n {long} NOT NULL,
            non_finite {long} NOT NULL,
            first_step {long} NOT NULL,
            last_step {long} NOT NULL,
            last_seconds {real} NOT NULL,
            min_value {real} NULL,
            max_value {real} NULL,
            sum_value {real} NULL,
            first_value {real} NULL,
            last_value {real} NULL,
            PRIMARY KEY (series_id, width, bucket)) {clustered};

        CREATE TABLE log_lines (
            run_id {uuid} NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            sequence {long} NOT NULL,
            time {long} NOT NULL,
            stream {text} NOT NULL,
            text {text} NOT NULL,
            PRIMARY KEY (run_id, sequence)) {clustered};

        CREATE TABLE artifacts (
            run_id {uuid} NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            name {text} NOT NULL,
            media_type {text} NOT NULL,
            size {long} NOT NULL,
            created_at {long} NOT NULL,
            content {bytes} NOT NULL,
            PRIMARY KEY (run_id, name));

        CREATE TABLE checkpoints (
            run_id {uuid} NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
            step {long} NOT NULL,
            episodes {long} NOT NULL,
            active_seconds {real} NOT NULL,
            created_at {long} NOT NULL,
            sha256 {text} NOT NULL,
            content {bytes} NOT NULL,
            PRIMARY KEY (run_id, step));

        CREATE TABLE workers (
            id {text} NOT NULL PRIMARY KEY,
            host {text} NOT NULL,
            process_id {int} NOT NULL,
            cpu_slots {int} NOT NULL,
            gpu_slots {int} NOT NULL,
            started_at {long} NOT NULL,
            last_seen_at {long} NOT NULL,
            version {text} NOT NULL);

        CREATE TABLE idempotency_keys (
            key {text} NOT NULL PRIMARY KEY,
            request_hash {text} NOT NULL,
            status_code {int} NOT NULL,
            location {text} NULL,
            content_type {text} NULL,
            body {bytes} NULL,
            created_at {long} NOT NULL);
        CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
        """);
}
