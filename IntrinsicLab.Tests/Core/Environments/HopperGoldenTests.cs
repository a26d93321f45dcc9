using System.Text.Json;
using IntrinsicLab.Core.Environments.Mujoco;
using IntrinsicLab.Tests.Support;
using Xunit.Abstractions;

namespace IntrinsicLab.Tests.Core.Environments;

public class HopperGoldenTests(ITestOutputHelper output)
{
    private const int RecordedVersion = 222;
    private const double ChaoticRoundoff = 1e-6;

    [MujocoFact]
    public void Model_OfRecordedEngine_HasRecordedFields()
    {
        if (OtherEngine())
            return;
        using var hopper = new Hopper(new HopperConfig());
        var (fields, worst) = (0, 0.0);
        foreach (var model in GoldenFiles.Of("Hopper").Select(file => file.GetProperty("model")))
            foreach (var (name, expected) in Fields(model))
            {
                var actual = Read(hopper.Simulation, name);
                Assert.True(expected.Length == actual.Length, name);
                for (var index = 0; index < expected.Length; index++)
                {
                    var deviation = Math.Abs(expected[index] - actual[index]);
                    worst = Math.Max(worst, deviation);
                    Assert.True(deviation <= 1e-12 * Math.Max(1, Math.Abs(expected[index])), $"{name}[{index}]: {actual[index]}, not {expected[index]}");
                }
                fields++;
            }
        output.WriteLine($"{fields} fields, largest deviation {worst}");
        Assert.True(fields > 0);
    }

    [MujocoFact]
    public void Model_Names_AreThoseOfTheTask()
    {
        using var hopper = new Hopper(new HopperConfig());
        foreach (var model in GoldenFiles.Of("Hopper").Select(file => file.GetProperty("model")))
            foreach (var (kind, member) in new[] { ("body", "body_name"), ("joint", "jnt_name"), ("geom", "geom_name") })
                foreach (var (index, name) in model.GetProperty(member).EnumerateArray().Index())
                    Assert.Equal(index, hopper.Simulation.Find(kind, name.GetString()!));
    }

    [MujocoFact]
    public void Rollout_OfRecordedEngine_FollowsRecording()
    {
        if (OtherEngine())
            return;
        var (rollouts, records, skipped, worst) = (0, 0, 0, 0.0);
        foreach (var rollout in GoldenFiles.Of("Hopper").SelectMany(file => file.GetProperty("rollouts").EnumerateArray()))
        {
            rollouts++;
            using var hopper = new Hopper(new HopperConfig());
            Begin(hopper, rollout);
            var (step, firstTerminated, last) = (0, (int?)null, default(IntrinsicLab.Core.Environments.StepResult));
            foreach (var record in rollout.GetProperty("records").EnumerateArray())
            {
                for (; step < record.GetProperty("t").GetInt32(); step++)
                {
                    last = hopper.Apply(Action(rollout.GetProperty("name").GetString()!, step));
                    if (last.Terminated)
                        firstTerminated ??= step + 1;
                }
                if (Math.Max(record.Number("roundoff_qpos"), record.Number("roundoff_qvel")) > ChaoticRoundoff)
                {
                    skipped++;
                    continue;
                }
                records++;
                worst = Math.Max(worst, Compare(hopper, record, last, $"{rollout.GetProperty("name")}, t = {step}"));
            }
            var expectedEnd = rollout.GetProperty("first_terminated_step");
            Assert.Equal(expectedEnd.ValueKind == JsonValueKind.Null ? null : expectedEnd.GetInt32(), firstTerminated);
        }
        output.WriteLine($"{rollouts} rollouts, {records} records compared, {skipped} too chaotic, largest deviation {worst}");
        Assert.True(records > 0);
    }

    private static void Begin(Hopper hopper, JsonElement rollout)
    {
        hopper.Simulation.Reset();
        rollout.Numbers("qpos_start").CopyTo(hopper.Simulation.Positions);
        rollout.Numbers("qvel_start").CopyTo(hopper.Simulation.Velocities);
        hopper.Simulation.Forward();
    }

    private static double[] Action(string rollout, int step) => [.. Enumerable.Range(0, 3).Select(joint => rollout switch
    {
        "sine" => 0.5 * Math.Sin(0.1 * step + joint),
        "passive" => 0.0,
        "offset" => Math.Sin(0.37 * step + 2 * joint),
        _ => throw new InvalidOperationException($"Rollout {rollout} is not known."),
    })];

    private static double Compare(Hopper hopper, JsonElement record, IntrinsicLab.Core.Environments.StepResult result, string where)
    {
        var observation = new float[11];
        hopper.Observe(observation);
        var positionTolerance = 1e-9 + 100 * record.Number("roundoff_qpos");
        var velocityTolerance = 1e-9 + 100 * record.Number("roundoff_qvel");
        var worst = Near(record.Numbers("qpos"), hopper.Simulation.Positions, positionTolerance, $"{where}, qpos");
        worst = Math.Max(worst, Near(record.Numbers("qvel"), hopper.Simulation.Velocities, velocityTolerance, $"{where}, qvel"));
        Near(record.Numbers("obs"), [.. observation.Select(value => (double)value)], 1e-6 + velocityTolerance, $"{where}, observation");
        Assert.Equal(record.Number("time"), hopper.Simulation.Number("time"), 1e-12);
        Assert.Equal(record.Number("ncon"), hopper.Simulation.Number("ncon"));
        Assert.Equal(record.Number("nefc"), hopper.Simulation.Number("nefc"));
        if (!record.TryGetProperty("reward", out var reward))
            return worst;
        Near([reward.GetDouble()], [result.Reward], 2 * positionTolerance / 0.008, $"{where}, reward");
        Assert.Equal(record.GetProperty("terminated").GetBoolean(), result.Terminated);
        return worst;
    }

    private static double Near(double[] expected, ReadOnlySpan<double> actual, double tolerance, string where)
    {
        Assert.Equal(expected.Length, actual.Length);
        var worst = 0.0;
        for (var index = 0; index < expected.Length; index++)
        {
            var deviation = Math.Abs(expected[index] - actual[index]);
            Assert.True(deviation <= tolerance, $"{where}[{index}]: {actual[index]} where {expected[index]} is recorded.");
            worst = Math.Max(worst, deviation);
        }
        return worst;
    }

    // Names are checked apart; the three buffer sizes are guesses of the engine, and the collision mode is not a field of later versions.
    private static IEnumerable<(string Name, double[] Values)> Fields(JsonElement model)
    {
        string[] apart = ["nconmax", "njmax", "nstack", "opt", "tendon_name", "actuator_joint"];
        foreach (var field in model.EnumerateObject())
            if (!apart.Contains(field.Name) && !field.Name.EndsWith("_name", StringComparison.Ordinal))
                yield return (field.Name, field.Value.Numbers());
        foreach (var option in model.GetProperty("opt").EnumerateObject().Where(option => option.Name != "collision"))
            yield return ("opt." + option.Name, option.Value.Numbers());
    }

    private static double[] Read(MujocoSimulation simulation, string name) => name switch
    {
        "total_mass" => [simulation.Numbers("body_mass").ToArray().Sum()],
        "actuator_gear" => [.. simulation.Numbers(name).ToArray().Chunk(6).Select(gear => gear[0])],
        "opt.gravity" => simulation.Numbers(name).ToArray(),
        "jnt_limited" or "actuator_ctrllimited" => [.. simulation.Flags(name).ToArray().Select(flag => (double)flag)],
        "body_parentid" or "jnt_type" or "jnt_bodyid" or "jnt_qposadr" or "jnt_dofadr" or "geom_type" or "geom_bodyid" or "geom_contype"
            or "geom_conaffinity" or "geom_condim" or "site_bodyid" or "actuator_trntype" =>
            [.. simulation.Integers(name).ToArray().Select(value => (double)value)],
        _ when name.Contains('_', StringComparison.Ordinal) && name != "stat_meaninertia" && !name.StartsWith("opt.", StringComparison.Ordinal) || name == "qpos0" =>
            simulation.Numbers(name).ToArray(),
        _ => [simulation.Number(name)],
    };

    private bool OtherEngine()
    {
        if (MujocoLibrary.Version() == RecordedVersion)
            return false;
        output.WriteLine($"Recorded with MuJoCo {RecordedVersion}; version {MujocoLibrary.Version()} differs in rounding.");
        return true;
    }
}
