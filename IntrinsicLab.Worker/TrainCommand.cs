using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IntrinsicLab.Worker;

/// <summary>The verb <c>train</c>: the process of one run. Its settings come from the worker, in environment variables.</summary>
internal static class TrainCommand
{
    public static async Task<int> Execute(Guid run, long fence)
    {
        using var stop = new StopRequest();
        var services = new ServiceCollection().AddLabData(new ConfigurationBuilder().AddEnvironmentVariables().Build());
        await using var provider = services.BuildServiceProvider();
        var training = new RunTraining(
            provider.GetRequiredService<RunQueue>(),
            provider.GetRequiredService<MetricStore>(),
            provider.GetRequiredService<CheckpointStore>(),
            provider.GetRequiredService<Rules>(),
            provider.GetRequiredService<IDbContextFactory<LabDbContext>>(),
            provider.GetRequiredService<IOptions<LabOptions>>().Value,
            stop);
        return await training.Run(run, fence);
    }
}
