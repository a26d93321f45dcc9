using IntrinsicLab.Data;
using Quartz;

namespace IntrinsicLab.Worker;

/// <summary>
/// A free slot: takes the first run that waits in its execution group and stays with it until its process ends. The trigger says only
/// that some run waits; which one comes first is the run table's business.
/// </summary>
internal sealed class RunJob(RunQueue queue, RunSupervision supervision, WorkerNode node) : IJob
{
    public static readonly JobKey Key = new("run", "lab");

    private const string GroupEntry = "group";
    private const string RunEntry = "run";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var group = context.MergedJobDataMap.GetString(GroupEntry)!;
        var run = await queue.ClaimNext(group, node.Id, WorkerNode.StartLease, node.Scope.ExperimentId, cancellationToken);
        if (run is null)
            return;
        // The run this trigger stood for may still wait, while the trigger is busy with one that came before it.
        var waiting = context.MergedJobDataMap.GetString(RunEntry)!;
        if (waiting != run.Id.ToString("N"))
            await context.Scheduler.ScheduleJob(Trigger(group, waiting, Guid.NewGuid().ToString("N")), cancellationToken: CancellationToken.None);
        await supervision.Follow(run, cancellationToken);
    }

    /// <summary>A trigger that fires at once, slots permitting.</summary>
    public static ITrigger Trigger(string group, string run, string name) => TriggerBuilder.Create()
        .WithIdentity(name, "runs")
        .ForJob(Key)
        .WithExecutionGroup(group)
        .UsingJobData(GroupEntry, group)
        .UsingJobData(RunEntry, run)
        .WithSimpleSchedule(schedule => schedule.WithMisfireInstruction(SimpleTriggerMisfireInstruction.FireNow))
        .StartNow()
        .Build();
}
