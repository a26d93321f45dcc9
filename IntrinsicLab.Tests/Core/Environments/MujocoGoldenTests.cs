using System.Text.Json;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Mujoco;
using IntrinsicLab.Tests.Support;
using Xunit.Abstractions;

namespace IntrinsicLab.Tests.Core.Environments;

/// <summary>Every recorded body and rollout of the reference implementation, compared number by number.</summary>
public class MujocoGoldenTests(ITestOutputHelper output)
{
    private const int RecordedVersion = 222;
    private const double ChaoticRoundoff = 1e-6;

    private delegate StepResult Apply(ReadOnlySpan<double> control);
    private delegate void Observe(Span<float> observation);

    public static TheoryData<string> Recorded =>
        ["Hopper", "HalfCheetah", "Walker2d", "Ant", "Humanoid", "Swimmer", "InvertedPendulum", "InvertedDoublePendulum", "Reacher"];

    [MujocoTheory]
    [MemberData(nameof(Recorded))]
    public void Model_OfRecordedEngine_HasRecordedFields(string name)
    {
        if (OtherEngine())
            return;
        using var body = Body.Of(name);
        var (fields, worst) = (0, 0.0);
        foreach (var model in Models(name))
            foreach (var (field, expected) in Fields(model))
            {
                var actual = Read(body.Simulation, field);
                Assert.True(expected.Length == actual.Length, field);
                for (var index = 0; index < expected.Length; index++)
                {
                    var deviation = Math.Abs(expected[index] - actual[index]);
                    worst = Math.Max(worst, deviation);
                    var tolerance = 1e-12 * Math.Max(1, Math.Abs(expected[index]));
                    Assert.True(deviation <= tolerance, $"{field}[{index}]: {actual[index]}, not {expected[index]}");
                }
                fields++;
            }
        output.WriteLine($"{fields} fields, largest deviation {worst}");
        Assert.True(fields > 0);
    }

    [MujocoTheory]
    [MemberData(nameof(Recorded))]
    public void Model_Names_AreThoseOfTheTask(string name)
    {
        using var body = Body.Of(name);
        foreach (var model in Models(name))
        {
            foreach (var (kind, member) in (ReadOnlySpan<(string, string)>)
                [("body", "body_name"), ("joint", "jnt_name"), ("geom", "geom_name"), ("site", "site_name"), ("tendon", "tendon_name")])
                foreach (var (index, part) in model.GetProperty(member).EnumerateArray().Index())
                    if (part.ValueKind != JsonValueKind.Null)
                        Assert.Equal(index, body.Simulation.Find(kind, part.GetString()!));
            Assert.Equal(
                model.GetProperty("actuator_joint").EnumerateArray().Select(joint => body.Simulation.Find("joint", joint.GetString()!)),
                body.Simulation.Integers("actuator_trnid").ToArray().Chunk(2).Select(pair => pair[0]));
        }
    }

    [MujocoTheory]
    [MemberData(nameof(Recorded))]
    public void Rollout_OfRecordedEngine_FollowsRecording(string name)
    {
        if (OtherEngine())
            return;
        var (rollouts, records, skipped, worst) = (0, 0, 0, 0.0);
        foreach (var rollout in Rollouts(name))
        {
            rollouts++;
            using var body = Body.Of(name);
            body.Begin(rollout);
            var (step, firstTerminated, last) = (0, (int?)null, default(StepResult));
            foreach (var record in rollout.GetProperty("records").EnumerateArray())
            {
                for (; step < record.GetProperty("t").GetInt32(); step++)
                {
                    last = body.Apply(body.Action(rollout, step));
                    if (last.Terminated)
                        firstTerminated ??= step + 1;
                }
                if (Chaotic(record))
                {
                    skipped++;
                    continue;
                }
                records++;
                var where = $"{rollout.GetProperty("name")}, t = {step}";
                worst = Math.Max(worst, CompareState(body, record, where));
                CompareObservation(body, record, "obs", where);
                if (!record.TryGetProperty("reward", out _))
                    continue;
                Near(record.Numbers("action"), body.Action(rollout, step - 1), 1e-15, $"{where}, action");
                Near([record.Number("reward")], [last.Reward], RewardTolerance(body, record), $"{where}, reward");
                Assert.Equal(record.GetProperty("terminated").GetBoolean(), last.Terminated);
            }
            var expectedEnd = rollout.GetProperty("first_terminated_step");
            Assert.Equal(expectedEnd.ValueKind == JsonValueKind.Null ? null : expectedEnd.GetInt32(), firstTerminated);
        }
        output.WriteLine($"{rollouts} rollouts, {records} records compared, {skipped} too chaotic, largest deviation of a state {worst}");
        Assert.True(records > 0);
    }

    /// <summary>With all weights but one at zero the reward is one of the recorded terms.</summary>
    [MujocoTheory]
    [InlineData("Hopper", "forward")]
    [InlineData("Hopper", "ctrl")]
    [InlineData("Hopper", "alive")]
    [InlineData("HalfCheetah", "forward")]
    [InlineData("HalfCheetah", "ctrl")]
    [InlineData("Walker2d", "forward")]
    [InlineData("Walker2d", "ctrl")]
    [InlineData("Walker2d", "alive")]
    [InlineData("Ant", "forward")]
    [InlineData("Ant", "ctrl")]
    [InlineData("Ant", "alive")]
    [InlineData("Ant", "contact")]
    [InlineData("Humanoid", "forward")]
    [InlineData("Humanoid", "ctrl")]
    [InlineData("Humanoid", "alive")]
    [InlineData("Swimmer", "forward")]
    [InlineData("Swimmer", "ctrl")]
    [InlineData("InvertedPendulum", "alive")]
    [InlineData("InvertedDoublePendulum", "penalty")]
    [InlineData("Reacher", "forward")]
    [InlineData("Reacher", "ctrl")]
    public void Rollout_WithOneWeight_PaysTheRecordedTerm(string name, string term)
    {
        if (OtherEngine())
            return;
        var compared = 0;
        foreach (var rollout in Rollouts(name))
        {
            using var body = Body.Of(name, term);
            compared += CompareRewards(body, rollout, record => record.GetProperty("terms").Number(term));
        }
        Assert.True(compared > 0);
    }

    [MujocoFact]
    public void Rollout_OfAntWithContactForces_FollowsRecording()
    {
        if (OtherEngine())
            return;
        var compared = 0;
        foreach (var rollout in Rollouts("Ant"))
        {
            using var body = Body.Of(new Ant(new AntConfig { UseContactForces = true }));
            compared += CompareRewards(body, rollout, record => record.Number("reward_contact_variant"), "obs_contact");
        }
        Assert.True(compared > 0);
    }

    private static int CompareRewards(Body body, JsonElement rollout, Func<JsonElement, double> expected, string? observation = null)
    {
        body.Begin(rollout);
        var (step, compared, last) = (0, 0, default(StepResult));
        foreach (var record in rollout.GetProperty("records").EnumerateArray())
        {
            for (; step < record.GetProperty("t").GetInt32(); step++)
                last = body.Apply(body.Action(rollout, step));
            if (Chaotic(record))
                continue;
            var where = $"{rollout.GetProperty("name")}, t = {step}";
            if (observation is not null)
                CompareObservation(body, record, observation, where);
            if (!record.TryGetProperty("reward", out _))
                continue;
            Near([expected(record)], [last.Reward], RewardTolerance(body, record), $"{where}, reward");
            compared++;
        }
        return compared;
    }

    private static double CompareState(Body body, JsonElement record, string where)
    {
        var positions = Near(record.Numbers("qpos"), body.Simulation.Positions, Tolerance(record, "roundoff_qpos"), $"{where}, qpos");
        var velocities = Near(record.Numbers("qvel"), body.Simulation.Velocities, Tolerance(record, "roundoff_qvel"), $"{where}, qvel");
        Assert.Equal(record.Number("time"), body.Simulation.Number("time"), 1e-12);
        Assert.Equal(record.Number("ncon"), body.Simulation.Number("ncon"));
        Assert.Equal(record.Number("nefc"), body.Simulation.Number("nefc"));
        return Math.Max(positions, velocities);
    }

    // Observations are single precision. Forces and inertias reach thousands, so that what roundoff does to them is relative to their size.
    private static void CompareObservation(Body body, JsonElement record, string member, string where)
    {
        var expected = record.Numbers(member);
        var observation = new float[expected.Length + 1];
        observation[^1] = 12345;
        body.Observe(observation);
        Assert.Equal(12345, observation[^1]);
        var tolerance = Math.Max(Tolerance(record, "roundoff_qpos"), Tolerance(record, "roundoff_qvel"));
        for (var index = 0; index < expected.Length; index++)
            Assert.True(
                Math.Abs(expected[index] - observation[index]) <= (tolerance + 1e-7) * Math.Max(1, Math.Abs(expected[index])),
                $"{where}, {member}[{index}]: {observation[index]} where {expected[index]} is recorded.");
    }

    private static double Tolerance(JsonElement record, string roundoff) => 1e-9 + 100 * record.Number(roundoff);

    private static bool Chaotic(JsonElement record) =>
        Math.Max(record.Number("roundoff_qpos"), record.Number("roundoff_qvel")) > ChaoticRoundoff;

    // A reward is a difference of two positions divided by the duration of a step, weighted by at most 1.25, or made of velocities.
    private static double RewardTolerance(Body body, JsonElement record) =>
        2.5 * Tolerance(record, "roundoff_qpos") / body.Environment.Spec.SecondsPerStep!.Value + Tolerance(record, "roundoff_qvel");

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

    private static IEnumerable<JsonElement> Models(string name) => GoldenFiles.Of(name).Select(file => file.GetProperty("model"));

    private static IEnumerable<JsonElement> Rollouts(string name) =>
        GoldenFiles.Of(name).SelectMany(file => file.GetProperty("rollouts").EnumerateArray());

    // Names are checked apart; the three buffer sizes are guesses of the engine, and the collision mode is not a field of later versions.
    private static IEnumerable<(string Name, double[] Values)> Fields(JsonElement model)
    {
        string[] apart = ["nconmax", "njmax", "nstack", "opt", "actuator_joint"];
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
        "qpos0" => simulation.Numbers(name).ToArray(),
        "stat_meaninertia" => [simulation.Number(name)],
        _ when name.StartsWith("opt.", StringComparison.Ordinal) || !name.Contains('_', StringComparison.Ordinal) =>
            [simulation.Number(name)],
        _ => simulation.Numbers(name).ToArray(),
    };

    private bool OtherEngine()
    {
        if (MujocoLibrary.Version() == RecordedVersion)
            return false;
        output.WriteLine($"Recorded with MuJoCo {RecordedVersion}; version {MujocoLibrary.Version()} differs in rounding.");
        return true;
    }

    private sealed record Body(IEnvironment Environment, MujocoSimulation Simulation, Apply Apply, Observe Observe) : IDisposable
    {
        /// <summary>The environment with its published weights, or with that of one term of the reward alone.</summary>
        public static Body Of(string name, string? term = null)
        {
            return name switch
            {
                "Hopper" => Of(new Hopper(new HopperConfig
                {
                    ForwardRewardWeight = Weight(1.0, "forward"),
                    ControlCostWeight = Weight(1e-3, "ctrl"),
                    HealthyReward = Weight(1.0, "alive"),
                })),
                "HalfCheetah" => Of(new HalfCheetah(new HalfCheetahConfig
                {
                    ForwardRewardWeight = Weight(1.0, "forward"),
                    ControlCostWeight = Weight(0.1, "ctrl"),
                })),
                "Walker2d" => Of(new Walker2d(new Walker2dConfig
                {
                    ForwardRewardWeight = Weight(1.0, "forward"),
                    ControlCostWeight = Weight(1e-3, "ctrl"),
                    HealthyReward = Weight(1.0, "alive"),
                })),
                "Ant" => Of(new Ant(new AntConfig
                {
                    ForwardRewardWeight = Weight(1.0, "forward"),
                    ControlCostWeight = Weight(0.5, "ctrl"),
                    HealthyReward = Weight(1.0, "alive"),
                    UseContactForces = term == "contact",
                })),
                "Humanoid" => Of(new Humanoid(new HumanoidConfig
                {
                    ForwardRewardWeight = Weight(1.25, "forward"),
                    ControlCostWeight = Weight(0.1, "ctrl"),
                    HealthyReward = Weight(5.0, "alive"),
                })),
                "Swimmer" => Of(new Swimmer(new SwimmerConfig
                {
                    ForwardRewardWeight = Weight(1.0, "forward"),
                    ControlCostWeight = Weight(1e-4, "ctrl"),
                })),
                "InvertedPendulum" => Of(new InvertedPendulum(new InvertedPendulumConfig())),
                "InvertedDoublePendulum" => Of(new InvertedDoublePendulum(new InvertedDoublePendulumConfig
                {
                    HealthyReward = Weight(10.0, "alive"),
                })),
                "Reacher" => Of(new Reacher(new ReacherConfig
                {
                    DistanceWeight = Weight(1.0, "forward"),
                    ControlCostWeight = Weight(1.0, "ctrl"),
                })),
                _ => throw new ArgumentException($"{name} is not recorded.", nameof(name)),
            };

            double Weight(double published, string of) => term is null || term == of ? published : 0.0;
        }

        public static Body Of(Ant body) => new(body, body.Simulation, body.Apply, body.Observe);

        public void Begin(JsonElement rollout)
        {
            Simulation.Reset();
            rollout.Numbers("qpos_start").CopyTo(Simulation.Positions);
            rollout.Numbers("qvel_start").CopyTo(Simulation.Velocities);
            Simulation.Begin();
        }

        public double[] Action(JsonElement rollout, int step)
        {
            var name = rollout.GetProperty("name").GetString();
            return [.. Simulation.Numbers("actuator_ctrlrange").ToArray().Chunk(2).Select((range, axis) => name switch
            {
                "sine" => 0.5 * Math.Sin(0.1 * step + axis),
                "passive" => 0.0,
                "offset" => range[1] * Math.Sin(0.37 * step + 2 * axis),
                _ => throw new InvalidOperationException($"Rollout {name} is not known."),
            })];
        }

        public void Dispose() => Environment.Dispose();

        private static Body Of(Hopper body) => new(body, body.Simulation, body.Apply, body.Observe);

        private static Body Of(HalfCheetah body) => new(body, body.Simulation, body.Apply, body.Observe);

        private static Body Of(Walker2d body) => new(body, body.Simulation, body.Apply, body.Observe);

        private static Body Of(Humanoid body) => new(body, body.Simulation, body.Apply, body.Observe);

        private static Body Of(Swimmer body) => new(body, body.Simulation, body.Apply, body.Observe);

        private static Body Of(InvertedPendulum body) => new(body, body.Simulation, body.Apply, body.Observe);

        private static Body Of(InvertedDoublePendulum body) => new(body, body.Simulation, body.Apply, body.Observe);

        private static Body Of(Reacher body) => new(body, body.Simulation, body.Apply, body.Observe);
    }
}
