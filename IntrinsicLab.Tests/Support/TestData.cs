using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace IntrinsicLab.Tests.Support;

/// <summary>
/// A data layer of its own: SQLite in a temporary folder, or a fresh database on the <see cref="PostgresServer"/>.
/// </summary>
internal sealed class TestData : IAsyncDisposable
{
    private readonly ServiceProvider services;

    private TestData(string folder, string database)
    {
        Folder = folder;
        var settings = new Dictionary<string, string?>
        {
            ["Lab:DataFolder"] = folder,
            ["Lab:Database"] = database,
            ["Lab:PlansFolder"] = Path.Combine(folder, "plans"),
            ["Lab:ResultsFolder"] = Path.Combine(folder, "results"),
        };
        services = new ServiceCollection()
            .AddSingleton<TimeProvider>(Time)
            .AddLabData(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .BuildServiceProvider();
    }

    public string Folder { get; }
    public FakeTimeProvider Time { get; } = new();
    public LabDatabase Database => services.GetRequiredService<LabDatabase>();
    public RunQueue Queue => services.GetRequiredService<RunQueue>();
    public RunQueries Queries => services.GetRequiredService<RunQueries>();
    public ExperimentQueries Experiments => services.GetRequiredService<ExperimentQueries>();
    public ConfigurationTables Configurations => services.GetRequiredService<ConfigurationTables>();
    public CostEstimates Costs => services.GetRequiredService<CostEstimates>();
    public MetricStore Metrics => services.GetRequiredService<MetricStore>();
    public Sweeps Sweeps => services.GetRequiredService<Sweeps>();
    public CheckpointStore Checkpoints => services.GetRequiredService<CheckpointStore>();
    public Reproductions Reproductions => services.GetRequiredService<Reproductions>();
    public RunLog Log => services.GetRequiredService<RunLog>();
    public ArtifactStore Artifacts => services.GetRequiredService<ArtifactStore>();

    public static async Task<TestData> Create()
    {
        var data = new TestData(Path.Combine(Path.GetTempPath(), $"lab-{Guid.NewGuid():N}"), "");
        await data.services.MigrateLabDatabase();
        return data;
    }

    /// <summary>SQLite, or a fresh database on the server.</summary>
    public static async Task<TestData> Create(bool onServer, bool migrate = true)
    {
        if (!onServer && migrate)
            return await Create();
        if (!onServer)
            return new TestData(Path.Combine(Path.GetTempPath(), $"lab-{Guid.NewGuid():N}"), "");
        var name = $"lab_{Guid.NewGuid():N}";
        await using (var connection = new Npgsql.NpgsqlConnection($"{PostgresServer.Address};Database=postgres"))
        {
            await connection.OpenAsync();
            await using var command = new Npgsql.NpgsqlCommand($"CREATE DATABASE {name}", connection);
            await command.ExecuteNonQueryAsync();
        }
        var data = new TestData(Path.Combine(Path.GetTempPath(), name), $"{PostgresServer.Address};Database={name};Include Error Detail=true");
        if (migrate)
            await data.Migrate();
        return data;
    }

    /// <summary>For theories: false, and true where there is a server.</summary>
    public static TheoryData<bool> Databases => PostgresServer.IsAvailable ? new() { false, true } : new() { false };

    public Task Migrate() => services.MigrateLabDatabase();

    public IDbContextFactory<LabDbContext> Contexts => services.GetRequiredService<IDbContextFactory<LabDbContext>>();

    public LabDbContext Context() => Contexts.CreateDbContext();

    public static Run NewRun(string name = "run", string group = Run.GroupCpu) => new()
    {
        Id = Guid.CreateVersion7(),
        Name = name,
        Algorithm = "ppo",
        Environment = "cartpole",
        Steps = 1000,
        Seed = 1,
        ExecutionGroup = group,
        CreatedAt = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        UpdatedAt = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        ConfigurationHash = "0",
        Plan = "{}",
    };

    /// <summary>A run in a status, held by worker "w" with fence 1 where the status says that one holds it.</summary>
    public async Task<Run> AddRun(RunStatus status = RunStatus.Running, string group = Run.GroupCpu)
    {
        var run = NewRun(group: group);
        run.Status = status;
        if (status.IsHeld())
            (run.WorkerId, run.Fence, run.LeaseUntil, run.Attempt) = ("w", 1, Time.GetUtcNow().AddSeconds(20), 1);
        await using var context = Context();
        context.Runs.Add(run);
        await context.SaveChangesAsync();
        return run;
    }

    public async Task<Run> Get(Guid id)
    {
        await using var context = Context();
        return await context.Runs.AsNoTracking().SingleAsync(run => run.Id == id);
    }

    public async Task<List<RunEvent>> Events(Guid id)
    {
        await using var context = Context();
        return await context.RunEvents.AsNoTracking().Where(each => each.RunId == id).OrderBy(each => each.Id).ToListAsync();
    }

    public async ValueTask DisposeAsync()
    {
        var postgres = Database.IsPostgres ? Path.GetFileName(Folder) : null;
        await services.DisposeAsync();
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
        if (postgres is null)
            return;
        await using var connection = new Npgsql.NpgsqlConnection($"{PostgresServer.Address};Database=postgres");
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand($"DROP DATABASE {postgres} WITH (FORCE)", connection);
        await command.ExecuteNonQueryAsync();
    }
}
