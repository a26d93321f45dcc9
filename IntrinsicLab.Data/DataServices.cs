using IntrinsicLab.Data.Imports;
using IntrinsicLab.Data.Migrations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace IntrinsicLab.Data;

/// <summary>Registers the data layer.</summary>
public static class DataServices
{
    /// <summary>Options, database, context factory, queue and stores. The schema is brought up to date when the host starts.</summary>
    public static IServiceCollection AddLabData(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<LabOptions>().Bind(configuration.GetSection(LabOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<LabDatabase>();
        services.AddDbContextFactory<LabDbContext>((provider, builder) => provider.GetRequiredService<LabDatabase>().Configure(builder));
        services.AddSingleton<RunQueue>();
        services.AddSingleton<RunQueries>();
        services.AddSingleton<ExperimentQueries>();
        services.AddSingleton<ConfigurationTables>();
        services.AddSingleton<CostEstimates>();
        services.AddSingleton<MetricStore>();
        services.AddSingleton<Comparisons>();
        services.AddSingleton<Reproductions>();
        services.AddSingleton<Baselines>();
        services.AddSingleton<RunImports>();
        services.AddSingleton<Sweeps>();
        services.AddSingleton<CheckpointStore>();
        services.AddSingleton<RunLog>();
        services.AddSingleton<ArtifactStore>();
        services.AddSingleton<Rules>();
        services.AddHostedService<SchemaUpdate>();
        return services;
    }

    /// <summary>Makes the data folder and brings the schema up to date; for programs without a host.</summary>
    public static async Task MigrateLabDatabase(this IServiceProvider services, CancellationToken cancellationToken = default)
    {
        var database = services.GetRequiredService<LabDatabase>();
        if (!database.IsPostgres)
            database.CreateDataFolder();
        await using var connection = await database.Open(cancellationToken);
        await Migration.Apply(connection, services.GetRequiredService<TimeProvider>(), cancellationToken);
    }

    // Hosted services start in the order of registration: whoever comes after this one finds its tables.
    private sealed class SchemaUpdate(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => services.MigrateLabDatabase(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
