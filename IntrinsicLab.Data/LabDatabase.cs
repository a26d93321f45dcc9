using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Options;
using Npgsql;

namespace IntrinsicLab.Data;

/// <summary>
/// Where the data is, and how to reach it. SQLite runs in WAL mode with foreign keys on; every transaction that may write begins
/// IMMEDIATE, because one that starts by reading and then writes fails at once when another process wrote in between, whatever the timeout.
/// </summary>
public sealed class LabDatabase : IDisposable
{
    private const string SqlitePragmas = "PRAGMA busy_timeout = 30000; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY;";

    private readonly NpgsqlDataSource? server;
    private readonly string sqlite = "";

    public LabDatabase(IOptions<LabOptions> options)
    {
        Options = options.Value;
        DataFolder = Options.DataFolderPath;
        if (IsServerAddress(Options.Database))
        {
            server = NpgsqlDataSource.Create(ConnectionStringOf(Options.Database));
            return;
        }
        if (Options.Database.Length > 0)
            throw new ArgumentException(
                $"Lab:Database must be empty (SQLite in the data folder) or start with Host= or postgres://, not '{Options.Database.Split('=', ':')[0]}…'.");
        File = Path.Combine(DataFolder, "lab.db");
        sqlite = new SqliteConnectionStringBuilder { DataSource = File, ForeignKeys = true, DefaultTimeout = 30 }.ToString();
    }

    public LabOptions Options { get; }

    /// <summary>Absolute path of the data folder.</summary>
    public string DataFolder { get; }

    /// <summary>The SQLite file; null on PostgreSQL.</summary>
    public string? File { get; }

    public bool IsPostgres => server is not null;

    /// <summary>Connection string for others who need one (the scheduler's store).</summary>
    public string ConnectionString => server is null ? sqlite : ConnectionStringOf(Options.Database);

    /// <summary>A setting that names a PostgreSQL server.</summary>
    public static bool IsServerAddress(string setting) =>
        setting.StartsWith("Host=", StringComparison.OrdinalIgnoreCase)
        || setting.StartsWith("postgres://", StringComparison.Ordinal) || setting.StartsWith("postgresql://", StringComparison.Ordinal);

    /// <summary>Makes the data folder, readable by its owner alone.</summary>
    public void CreateDataFolder()
    {
        if (Directory.Exists(DataFolder))
            return;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(DataFolder);
        else
            Directory.CreateDirectory(DataFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>An open connection with the lab's settings.</summary>
    public async Task<DbConnection> Open(CancellationToken cancellationToken = default)
    {
        if (server is not null)
            return await server.OpenConnectionAsync(cancellationToken);
        var connection = new SqliteConnection(sqlite);
        try
        {
            connection.Open();
            Prepare(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Sets EF Core up for this database.</summary>
    public void Configure(DbContextOptionsBuilder builder)
    {
        if (server is not null)
            builder.UseNpgsql(server);
        else
            builder.UseSqlite(sqlite).AddInterceptors(SqlitePreparation.Instance);
    }

    /// <summary>A transaction that sees one state of the database throughout and writes nothing.</summary>
    internal static DbTransaction BeginRead(DbConnection connection) => connection is SqliteConnection sqlite
        ? sqlite.BeginTransaction(deferred: true)
        : connection.BeginTransaction(IsolationLevel.RepeatableRead);

    /// <summary>A transaction that may write (BEGIN IMMEDIATE on SQLite).</summary>
    internal static DbTransaction BeginWrite(DbConnection connection) => connection.BeginTransaction();

    /// <summary>Copies the database while it is in use (SQLite).</summary>
    /// <exception cref="NotSupportedException">The database is PostgreSQL, which has <c>pg_dump</c>.</exception>
    public async Task Backup(string file, CancellationToken cancellationToken = default)
    {
        if (IsPostgres)
            throw new NotSupportedException("The lab's data is in PostgreSQL: copy it with pg_dump.");
        if (!System.IO.File.Exists(File))
            throw new FileNotFoundException($"There is no database at {File}.");
        // Written beside the target and renamed, so that no half copy ever bears the target's name.
        var unfinished = file + ".unfinished";
        System.IO.File.Delete(unfinished);
        try
        {
            await using (var source = (SqliteConnection)await Open(cancellationToken))
            await using (var target = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = unfinished, Pooling = false }.ToString()))
            {
                target.Open();
                await Task.Run(() => source.BackupDatabase(target), cancellationToken);
            }
            if (!OperatingSystem.IsWindows())
                System.IO.File.SetUnixFileMode(unfinished, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            System.IO.File.Move(unfinished, file, overwrite: true);
        }
        finally
        {
            System.IO.File.Delete(unfinished);
        }
    }

    public void Dispose()
    {
        server?.Dispose();
        if (server is null)
            using (var connection = new SqliteConnection(sqlite))
                SqliteConnection.ClearPool(connection);
    }

    private static void Prepare(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = SqlitePragmas;
        command.ExecuteNonQuery();
    }

    /// <summary>The connection string that a setting stands for, be it one or an address.</summary>
    public static string ConnectionStringOf(string setting)
    {
        if (setting.StartsWith("Host=", StringComparison.OrdinalIgnoreCase))
            return setting;
        var address = new Uri(setting);
        var user = address.UserInfo.Split(':', 2);
        return new NpgsqlConnectionStringBuilder
        {
            Host = address.Host,
            Port = address.Port > 0 ? address.Port : 5432,
            Database = address.AbsolutePath.Trim('/'),
            Username = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null,
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
        }.ToString();
    }

    private sealed class SqlitePreparation : DbConnectionInterceptor
    {
        public static readonly SqlitePreparation Instance = new();

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Prepare((SqliteConnection)connection);

        public override Task ConnectionOpenedAsync(
            DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            Prepare((SqliteConnection)connection);
            return Task.CompletedTask;
        }
    }
}
