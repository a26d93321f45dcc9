using System.Data.Common;
using IntrinsicLab.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Tests.Data;

public sealed class SchemaTests
{
    private static readonly string[] NotInTheModel = ["metric_points", "metric_tiers", "schema_versions"];

    public static TheoryData<bool> Databases => TestData.Databases;

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Migrations_MakeTheSchemaOfTheModel(bool onServer)
    {
        await using var migrated = await TestData.Create(onServer);
        await using var created = await TestData.Create(onServer, migrate: false);
        await using (var context = created.Context())
        {
            created.Database.CreateDataFolder();
            await context.Database.EnsureCreatedAsync();
        }

        Assert.Equal(await Describe(created), await Describe(migrated));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Migrations_ManyProcessesAtOnce_ApplyOnce(bool onServer)
    {
        await using var data = await TestData.Create(onServer, migrate: false);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => data.Migrate())));

        await using var connection = await data.Database.Open();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT max(version) - count(*) FROM schema_versions";
        Assert.Equal(0L, Convert.ToInt64(await command.ExecuteScalarAsync()));
    }

    [Fact]
    public async Task Migrations_DatabaseOfANewerProgram_AreRefused()
    {
        await using var data = await TestData.Create();
        await using (var connection = await data.Database.Open())
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = "INSERT INTO schema_versions VALUES (99, 'later', 0)";
            await command.ExecuteNonQueryAsync();
        }

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => data.Migrate());
        Assert.Contains("newer", error.Message);
    }

    [Fact]
    public async Task Sqlite_IsSetUpAsPromised()
    {
        await using var data = await TestData.Create();
        await using var context = data.Context();

        await context.Database.OpenConnectionAsync();

        async Task<string> Pragma(string name) => Assert.Single(await Query(context.Database.GetDbConnection(), $"PRAGMA {name}"));

        Assert.Equal("wal", await Pragma("journal_mode"));
        Assert.Equal("1", await Pragma("foreign_keys"));
        Assert.Equal("30000", await Pragma("busy_timeout"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data.Folder));
    }

    [Fact]
    public async Task Sqlite_TransactionsOfTheContext_BeginImmediate()
    {
        await using var data = await TestData.Create();
        await using var first = data.Context();
        await using var transaction = await first.Database.BeginTransactionAsync();

        // A second writer is refused before it reads anything.
        using var second = new SqliteConnection($"Data Source={data.Database.File};Default Timeout=0;Pooling=False");
        second.Open();
        using var command = second.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.CommandTimeout = 1;
        Assert.Equal(5, Assert.Throws<SqliteException>(() => command.ExecuteNonQuery()).SqliteErrorCode);
    }

    /// <summary>Every column, index and foreign key of the model's tables, as the database tells it.</summary>
    private static async Task<List<string>> Describe(TestData data)
    {
        await using var connection = await data.Database.Open();
        var lines = await Query(connection, data.Database.IsPostgres
            ? """
              SELECT table_name, 'column', column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = 'public'
              UNION ALL
              SELECT tablename, 'index', regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX \S+', 'CREATE \1INDEX'), '', '' FROM pg_indexes WHERE schemaname = 'public'
              UNION ALL
              SELECT conrelid::regclass::text, 'constraint', pg_get_constraintdef(oid), '', '' FROM pg_constraint
              WHERE connamespace = 'public'::regnamespace AND contype IN ('f', 'p', 'u')
              """
            : """
              SELECT t.name, 'column', c.name, c.type, c."notnull" || ' ' || c.pk FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'
              UNION ALL
              SELECT t.name, 'index', (SELECT group_concat(name) FROM pragma_index_info(i.name)), i."unique", i.origin
              FROM sqlite_master t, pragma_index_list(t.name) i WHERE t.type = 'table'
              UNION ALL
              SELECT t.name, 'foreign key', f."from", f."table" || '.' || f."to", f.on_delete FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'
              """);
        return [.. lines.Where(line => !NotInTheModel.Contains(line.Split('|')[0]) && !line.StartsWith("sqlite_", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    private static async Task<List<string>> Query(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var rows = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await rows.ReadAsync())
            lines.Add(string.Join('|', Enumerable.Range(0, rows.FieldCount).Select(index => rows.GetValue(index).ToString())));
        return lines;
    }
}
