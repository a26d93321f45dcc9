using IntrinsicLab.Data;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Quartz;

namespace IntrinsicLab.Worker;

/// <summary>Registers a worker.</summary>
public static class WorkerServices
{
    /// <summary>
    /// A worker inside this host; needs <see cref="DataServices.AddLabData"/> before it. The scheduler keeps its triggers in memory with
    /// SQLite (the run table fills it again at every start) and in the database with PostgreSQL, where several machines share them.
    /// </summary>
    public static IServiceCollection AddLabWorker(this IServiceCollection services, IConfiguration configuration)
    {
        var options = configuration.GetSection(LabOptions.Section).Get<LabOptions>() ?? new LabOptions();
        services.TryAddSingleton<WorkerScope>();
        services.AddSingleton<WorkerNode>();
        services.AddSingleton<RunSupervision>();
        services.AddSingleton<WorkerRegistration>();
        services.AddHostedService(provider => provider.GetRequiredService<WorkerRegistration>());
        services.AddQuartz(quartz =>
        {
            var clustered = LabDatabase.IsServerAddress(options.Database);
            quartz.ConfigureScheduler(scheduler =>
            {
                scheduler.InstanceName = "IntrinsicLab";
                scheduler.GenerateInstanceId = clustered;
                // How soon a node notices a trigger that another one stored.
                scheduler.IdleWaitTime = TimeSpan.FromSeconds(1);
                scheduler.ShutdownJobInterruption = ShutdownJobInterruption.Always;
            });
            quartz.UseDefaultThreadPool(WorkerNode.CpuSlotsOf(options) + options.GpuSlots + 1);
            quartz.UseExecutionLimits((provider, limits) =>
            {
                var node = provider.GetRequiredService<WorkerNode>();
                limits.ForGroup(Run.GroupCpu, node.CpuSlots, ExecutionLimitScope.Node);
                limits.ForGroup(Run.GroupGpu, node.GpuSlots, ExecutionLimitScope.Node);
            });
            quartz.AddJob<RunJob>(job => job.WithIdentity(RunJob.Key).StoreDurably());
            if (clustered)
                quartz.UsePersistentStore(store =>
                {
                    store.UsePostgres(LabDatabase.ConnectionStringOf(options.Database));
                    store.UseClustering();
                    store.ProvisionSchema();
                    store.UseSystemTextJsonSerializer();
                });
            else
                quartz.UseInMemoryStore();
        });
        services.AddQuartzHostedService(hosted => hosted.WaitForJobsToComplete = true);
        services.AddHostedService<QueueWatch>();
        services.AddHostedService<SweepWatch>();
        // Every run may need its grace period for a last checkpoint, and then some.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(Math.Max(30, options.CancelGraceSeconds + 20)));
        return services;
    }
}
