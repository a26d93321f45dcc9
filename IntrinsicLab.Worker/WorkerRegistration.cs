using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;

namespace IntrinsicLab.Worker;

/// <summary>This worker's row in the table of workers. It is taken away after the last run was handed back.</summary>
internal sealed class WorkerRegistration(IDbContextFactory<LabDbContext> contexts, WorkerNode node, TimeProvider time) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken) => await Write(cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Workers.Where(worker => worker.Id == node.Id).ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>Says that the worker is alive.</summary>
    public async Task Renew(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        if (await context.Workers.Where(worker => worker.Id == node.Id)
            .ExecuteUpdateAsync(set => set.SetProperty(worker => worker.LastSeenAt, now), cancellationToken) == 0)
            await Write(cancellationToken);
    }

    private async Task Write(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow();
        context.Workers.Add(new LabWorker
        {
            Id = node.Id,
            Host = Environment.MachineName,
            ProcessId = Environment.ProcessId,
            CpuSlots = node.CpuSlots,
            GpuSlots = node.GpuSlots,
            StartedAt = now,
            LastSeenAt = now,
            Version = WorkerNode.CodeVersion,
        });
        await context.SaveChangesAsync(cancellationToken);
    }
}
