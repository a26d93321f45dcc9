using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Worker;

/// <summary>Runs of Python environments under a real worker.</summary>
public sealed class GymnasiumRunTests
{
    [PythonFact]
    public async Task Run_WhoseEnvironmentThrows_FailsWithPythonsTraceback()
    {
        await using var lab = await TestWorker.Start();
        var run = await lab.Enqueue(Plan("Faulty", """{"fault": "exception", "when": 300}"""));

        var ended = await lab.Until(run.Id, run => run.Status.IsTerminal());

        Assert.True(ended.Status == RunStatus.Failed, await lab.Story(run.Id));
        Assert.Contains("IndexError: list index out of range", ended.Error, StringComparison.Ordinal);
        Assert.Contains("in deep_inside", ended.Error, StringComparison.Ordinal);
    }

    [PythonFact]
    public async Task Cancel_WhileAStepHangs_EndsTheRunAndPython()
    {
        await using var lab = await TestWorker.Start();
        var run = await lab.Enqueue(Plan("Faulty", """{"fault": "hang", "when": 300}"""));
        var process = 0;
        for (var attempt = 0; attempt < 300 && process == 0; attempt++)
        {
            await Task.Delay(200);
            if ((await lab.Log.Read(run.Id)).FirstOrDefault(line => line.Text.StartsWith("hangs in process ", StringComparison.Ordinal)) is { } line)
                process = int.Parse(line.Text["hangs in process ".Length..], CultureInfo.InvariantCulture);
        }
        Assert.True(process > 0, await lab.Story(run.Id));

        await lab.Queue.Cancel(run.Id, "test");
        await lab.Until(run.Id, RunStatus.Cancelled);

        Assert.True(SpinWait.SpinUntil(() => !Runs(process), TimeSpan.FromSeconds(20)));
    }

    [PythonFact]
    public async Task PauseAndResume_OfAPythonEnvironment_EqualsUndisturbed()
    {
        var plan = Plan("CartPole", "{}");
        await using var lab = await TestWorker.Start();
        var disturbed = await lab.Enqueue(plan);
        await lab.Until(disturbed.Id, run => run.StepsDone > 0);
        await lab.Queue.Pause(disturbed.Id, "test");
        await lab.Until(disturbed.Id, run => run.Status is RunStatus.Paused or RunStatus.Completed);
        await lab.Queue.Resume(disturbed.Id, "test");
        await lab.Until(disturbed.Id, RunStatus.Completed);

        TestWorker.AssertEqual(TestWorker.TrainAlone(plan), await lab.Points(disturbed.Id));
    }

    private static IntrinsicLab.Core.Experiments.RunPlan Plan(string world, string arguments) => TestWorker.Plan(new JsonObject
    {
        ["algorithm"] = "ppo",
        ["environment"] = "gymnasium",
        ["steps"] = 20_000,
        ["environmentParameters"] = new JsonObject { ["environment"] = $"{PythonWorlds.File}:{world}", ["arguments"] = arguments },
    }.ToJsonString());

    // A process that nobody has waited for yet still has an entry.
    private static bool Runs(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited && !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or IOException)
        {
            return false;
        }
    }
}
