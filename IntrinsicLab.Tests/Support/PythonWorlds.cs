using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.External;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Tests.Support;

/// <summary>The environments of Python/worlds.py.</summary>
internal static class PythonWorlds
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Python");

    public static string File { get; } = Path.Combine(Folder, "worlds.py");

    public static GymnasiumConfig Of(string name, object? arguments = null) =>
        new() { Environment = $"{File}:{name}", Arguments = JsonSerializer.Serialize(arguments ?? new { }) };

    public static EnvironmentFactory Factory(GymnasiumConfig config, WrapperConfig? wrappers = null) =>
        EnvironmentCatalog.Factory(EnvironmentCatalog.Find("gymnasium")!, config, wrappers);

    public static IEnvironment Create(string name, object? arguments = null) => Factory(Of(name, arguments)).Create();

    public static (RunPlan? Plan, List<Problem> Problems) Plan(GymnasiumConfig config, int steps = 1000, JsonObject? parameters = null)
    {
        var problems = new List<Problem>();
        var json = new JsonObject
        {
            ["algorithm"] = "ppo",
            ["environment"] = "gymnasium",
            ["steps"] = steps,
            ["parameters"] = parameters,
            ["environmentParameters"] = ParameterSchema.Of(typeof(GymnasiumConfig)).Write(config),
        };
        if (parameters is null)
            json.Remove("parameters");
        return (RunPlan.Read(JsonSerializer.SerializeToElement(json), problems), problems);
    }

    /// <summary>Mean return of the last 100 episodes of a training.</summary>
    public static double Train(RunPlan plan)
    {
        using var trainer = new Trainer(plan);
        var last = double.NaN;
        while (!trainer.Finished)
            foreach (var point in trainer.Update().Points)
                if (point.Metric == Metrics.ExtrinsicReturn)
                    last = point.Value;
        return last;
    }

    /// <summary>An interpreter that finds modules in a folder: a script that sets PYTHONPATH.</summary>
    public static string InterpreterWith(DirectoryInfo folder, params string[] paths)
    {
        var script = Path.Combine(folder.FullName, "python-with-path");
        System.IO.File.WriteAllText(script, $"#!/bin/sh\nPYTHONPATH='{string.Join(':', paths)}' exec {PythonInterpreter.Find("")} \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            System.IO.File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        return script;
    }
}
