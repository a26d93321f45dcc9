using System.Runtime.InteropServices;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Mujoco;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Environments;

public class MujocoTests
{
    private readonly float[] observation = new float[400];

    public static TheoryData<string> All =>
    [
        "hopper", "half-cheetah", "walker2d", "walker2d v5", "ant", "ant v5", "humanoid", "humanoid v5", "swimmer", "inverted-pendulum",
        "inverted-double-pendulum", "reacher",
    ];

    [MujocoTheory]
    [MemberData(nameof(All))]
    public void Load_AfterManySteps_ContinuesBitForBit(string name)
    {
        var (saved, simulation) = Create(name);
        var (loaded, other) = Create(name);
        using (saved)
        using (loaded)
        {
            saved.Reset(new Rng(1), observation);
            var actions = new Rng(2);
            for (var step = 0; step < 40; step++)
                if (saved.Step(Random(saved, actions), observation).Terminated)
                    saved.Reset(new Rng((ulong)step), observation);
            using var stream = new MemoryStream();
            saved.Save(new BinaryWriter(stream));
            stream.Position = 0;
            loaded.Load(new BinaryReader(stream), new Rng(3));

            Assert.Equal(stream.Length, stream.Position);
            AssertSame(simulation, other);
            for (var (step, result) = (0, default(StepResult)); step < 40 && !result.Terminated; step++)
            {
                var action = Random(saved, actions);
                result = saved.Step(action, observation);
                var again = new float[observation.Length];
                Assert.Equal(result, loaded.Step(action, again));
                Assert.Equal(observation[..saved.Spec.Observation.Size], again[..saved.Spec.Observation.Size]);
                AssertSame(simulation, other);
            }
        }
    }

    [MujocoTheory]
    [MemberData(nameof(All))]
    public void Step_StateNotFinite_TerminatesWithoutReward(string name)
    {
        var (environment, simulation) = Create(name);
        using (environment)
        {
            var still = new float[environment.Spec.Action.Size];
            environment.Reset(new Rng(1), observation);
            simulation.Velocities[0] = double.NaN;

            Assert.Equal(new StepResult(0, Terminated: true, Truncated: false), environment.Step(still, observation));
            Assert.All(observation, value => Assert.True(float.IsFinite(value)));
            environment.Reset(new Rng(1), observation);
            Assert.False(environment.Step(still, observation).Terminated);
        }
    }

    [MujocoTheory]
    [MemberData(nameof(All))]
    public void Step_Once_TakesTheSecondsOfTheSpec(string name)
    {
        var (environment, simulation) = Create(name);
        using (environment)
        {
            environment.Reset(new Rng(1), observation);
            environment.Step(new float[environment.Spec.Action.Size], observation);

            Assert.Equal(environment.Spec.SecondsPerStep!.Value, simulation.Number("time"), 1e-12);
        }
    }

    [MujocoTheory]
    [InlineData("hopper", 5e-3, false)]
    [InlineData("half-cheetah", 0.1, true)]
    [InlineData("walker2d", 5e-3, false)]
    [InlineData("ant", 0.1, true)]
    [InlineData("humanoid", 0.01, false)]
    [InlineData("swimmer", 0.1, false)]
    [InlineData("inverted-pendulum", 0.01, false)]
    [InlineData("inverted-double-pendulum", 0.1, true)]
    public void Reset_Noise_IsDrawnForPositionsThenVelocities(string name, double noise, bool normal)
    {
        var (environment, simulation) = Create(name);
        using (environment)
        {
            environment.Reset(new Rng(7), observation);
            var draws = new Rng(7);
            double[] positions = [.. simulation.Numbers("qpos0").ToArray().Select(start => start + draws.NextDouble(-noise, noise))];
            double[] velocities = [.. simulation.Velocities.ToArray()
                .Select(_ => normal ? noise * draws.NextGaussian() : draws.NextDouble(-noise, noise))];
            if (name is "ant" or "humanoid")
            {
                // The engine makes the quaternion one of unit length.
                var length = Math.Sqrt(positions[3..7].Sum(part => part * part));
                for (var part = 3; part < 7; part++)
                    positions[part] /= length;
            }

            Assert.All(positions.Zip(simulation.Positions.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-15));
            Assert.Equal(velocities, simulation.Velocities.ToArray());
        }
    }

    [MujocoFact]
    public void Reset_OfReacher_DrawsTargetsInTheDiscUntilOneLies()
    {
        using var reacher = new Reacher(new ReacherConfig());
        var lengths = new List<double>();
        for (var seed = 0UL; seed < 200; seed++)
        {
            reacher.Reset(new Rng(seed), observation);
            var positions = reacher.Simulation.Positions;
            lengths.Add(Math.Sqrt(positions[2] * positions[2] + positions[3] * positions[3]));
            Assert.Equal([0.0, 0.0], reacher.Simulation.Velocities[2..].ToArray());
            Assert.InRange(Math.Abs(positions[1]), 0, 0.1);
        }

        // The mean distance of a uniform point of a disc from its centre is two thirds of the radius; here its standard error is 0.0033.
        Assert.True(lengths.Max() < 0.2);
        Assert.Equal(0.2 * 2 / 3, lengths.Average(), 0.015);
    }

    [MujocoTheory]
    [InlineData("half-cheetah", 5.0)]
    [InlineData("walker2d", 1.0)]
    [InlineData("swimmer", 2.0)]
    [InlineData("swimmer", -2.0)]
    public void Step_Sparse_PaysOneBeyondTheDistance(string name, double distance)
    {
        var (environment, simulation) = Sparse(name);
        using (environment)
        {
            // The centre of mass lies up to 0.2 m off the root.
            Assert.Equal([0.0, 1.0], new[] { distance * 0.8, distance * 1.25 }.Select(place =>
            {
                environment.Reset(new Rng(1), observation);
                simulation.Positions[0] = place;
                return environment.Step([.. Enumerable.Repeat(0.5f, environment.Spec.Action.Size)], observation).Reward;
            }));
        }
    }

    [MujocoFact]
    public void Step_SparseWalkerFallen_StillTerminates()
    {
        using var walker = new Walker2d(new Walker2dConfig { Sparse = true });
        walker.Reset(new Rng(1), observation);
        walker.Simulation.Positions[2] = 1.2;

        Assert.Equal(new StepResult(0, Terminated: true, Truncated: false), walker.Step(new float[6], observation));
    }

    [MujocoTheory]
    [InlineData("hopper", 1, 0.6)]
    [InlineData("walker2d", 1, 0.7)]
    [InlineData("ant", 2, 1.2)]
    [InlineData("humanoid", 2, 0.8)]
    public void Step_WhenFallen_PaysTheHealthyRewardUnderV4Only(string name, int height, double fallen)
    {
        double[] rewards = [.. new[] { "", " v5" }.Select(version =>
        {
            var (environment, simulation) = OnlyHealthy(name + version);
            using (environment)
            {
                environment.Reset(new Rng(1), observation);
                simulation.Positions[height] = fallen;
                var result = environment.Step(new float[environment.Spec.Action.Size], observation);
                Assert.True(result.Terminated);
                return result.Reward;
            }
        })];

        Assert.Equal([3.0, 0.0], rewards);
    }

    [MujocoFact]
    public void Walker_UnderV5_HasEqualFeet()
    {
        double[] Frictions(GymnasiumVersion version)
        {
            using var walker = new Walker2d(new Walker2dConfig { Version = version });
            return [.. walker.Simulation.Numbers("geom_friction").ToArray().Chunk(3).Select(friction => friction[0])];
        }

        Assert.Equal([0.7, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 1.9], Frictions(GymnasiumVersion.V4));
        Assert.Equal([0.7, 0.9, 0.9, 0.9, 1.9, 0.9, 0.9, 1.9], Frictions(GymnasiumVersion.V5));
    }

    [MujocoFact]
    public void Ant_UnderV5_ObservesAndPaysContactForcesWithoutTheWorldsRow()
    {
        using var plain = new Ant(new AntConfig { TerminateWhenUnhealthy = false });
        using var contacts = new Ant(new AntConfig { TerminateWhenUnhealthy = false, UseContactForces = true });
        using var v5 = new Ant(new AntConfig { TerminateWhenUnhealthy = false, Version = GymnasiumVersion.V5 });
        var (most, touched) = (new float[111], false);
        foreach (var (without, with, newer) in Together(plain, contacts, v5, steps: 60))
        {
            var forces = contacts.Simulation.Numbers("cfrc_ext").ToArray();
            touched |= forces.Any(force => force != 0);
            contacts.Observe(most);
            v5.Observe(observation);
            Assert.Equal([.. most[..27], .. most[33..]], observation[..105]);
            Assert.Equal(forces.Select(force => (float)Math.Clamp(force, -1, 1)), most[27..]);
            Assert.Equal(without.Reward - 5e-4 * forces.Sum(force => Math.Pow(Math.Clamp(force, -1, 1), 2)), with.Reward, 1e-12);
            Assert.Equal(with.Reward, newer.Reward, 1e-12);
        }

        Assert.Equal((27, 111, 105), (plain.Spec.Observation.Size, contacts.Spec.Observation.Size, v5.Spec.Observation.Size));
        Assert.True(touched);
    }

    [MujocoFact]
    public void Humanoid_UnderV5_LeavesOutZerosAndPaysContacts()
    {
        var lasting = new HumanoidConfig { TerminateWhenUnhealthy = false };
        using var plain = new Humanoid(lasting);
        using var costly = new Humanoid(lasting with { UseContactCost = true, ContactCostLimit = 0.02 });
        using var v5 = new Humanoid(lasting with { Version = GymnasiumVersion.V5 });
        var (all, costs) = (new float[376], new List<double>());
        foreach (var (without, limited, newer) in Together(plain, costly, v5, steps: 60))
        {
            var cost = 5e-7 * plain.Simulation.Numbers("cfrc_ext").ToArray().Sum(force => force * force);
            costs.Add(cost);
            plain.Observe(all);
            v5.Observe(observation);
            Assert.Equal([.. all[..45], .. all[55..185], .. all[191..269], .. all[275..292], .. all[298..]], observation[..348]);
            Assert.All([.. all[45..55], .. all[185..191], .. all[269..275], .. all[292..298]], value => Assert.Equal(0, value));
            Assert.Equal(without.Reward - Math.Min(cost, 0.02), limited.Reward, 1e-9);
            Assert.Equal(without.Reward - Math.Min(cost, 10), newer.Reward, 1e-9);
        }

        Assert.Equal((376, 348), (plain.Spec.Observation.Size, v5.Spec.Observation.Size));
        Assert.True(costs.Min() == 0 && costs.Max() > 0.02);
    }

    [MujocoTheory]
    [InlineData(GymnasiumVersion.V4, 1.0)]
    [InlineData(GymnasiumVersion.V5, 0.0)]
    public void InvertedPendulum_Falling_PaysAsItsVersionSays(GymnasiumVersion version, double last)
    {
        using var pendulum = new InvertedPendulum(new InvertedPendulumConfig { Version = version });
        pendulum.Reset(new Rng(1), observation);

        Assert.Equal(new StepResult(1, Terminated: false, Truncated: false), pendulum.Step([0], observation));
        pendulum.Simulation.Positions[1] = -0.3;
        Assert.Equal(new StepResult(last, Terminated: true, Truncated: false), pendulum.Step([0], observation));
    }

    [MujocoFact]
    public void InvertedDoublePendulum_UnderV5_WithholdsTheBonusAtTheEndAndObservesOneForce()
    {
        using var v4 = new InvertedDoublePendulum(new InvertedDoublePendulumConfig());
        using var v5 = new InvertedDoublePendulum(new InvertedDoublePendulumConfig { Version = GymnasiumVersion.V5 });
        var eleven = new float[11];
        foreach (var environment in new IEnvironment[] { v4, v5 })
            environment.Reset(new Rng(1), observation);
        StepResult older, newer;
        do
        {
            (older, newer) = (v4.Step([0.1f], eleven), v5.Step([0.1f], observation));
            Assert.Equal(older with { Reward = older.Reward - (older.Terminated ? 10 : 0), RawReward = newer.RawReward }, newer);
            Assert.Equal(eleven[..9], observation[..9]);
        }
        while (!older.Terminated);

        Assert.Equal((11, 9), (v4.Spec.Observation.Size, v5.Spec.Observation.Size));
    }

    [MujocoFact]
    public void Reacher_UnderV5_PaysTheDistanceAfterTheStep()
    {
        using var v4 = new Reacher(new ReacherConfig());
        using var v5 = new Reacher(new ReacherConfig { Version = GymnasiumVersion.V5 });
        var (eleven, before) = (new float[11], 0.0);
        v4.Reset(new Rng(1), eleven);
        v5.Reset(new Rng(1), observation);
        for (var step = 0; step < 10; step++)
        {
            before = Math.Sqrt(eleven[8] * eleven[8] + eleven[9] * eleven[9]);
            Assert.Equal(-before - 0.5, v4.Step([0.5f, -0.5f], eleven).Reward, 1e-6);
            Assert.Equal(-Math.Sqrt(eleven[8] * eleven[8] + eleven[9] * eleven[9]) - 0.5, v5.Step([0.5f, -0.5f], observation).Reward, 1e-6);
            Assert.Equal(eleven[..10], observation[..10]);
        }

        Assert.NotEqual(before, Math.Sqrt(eleven[8] * eleven[8] + eleven[9] * eleven[9]), 3);
        Assert.Equal(10, v5.Spec.Observation.Size);
    }

    [MujocoTheory]
    [InlineData("half-cheetah", 1)]
    [InlineData("walker2d", 1)]
    [InlineData("ant", 2)]
    [InlineData("humanoid", 2)]
    [InlineData("swimmer", 2)]
    public void Reset_ObservingPosition_AddsItInFront(string name, int count)
    {
        var (plain, _) = Create(name);
        var (longer, simulation) = WithPosition(name);
        using (plain)
        using (longer)
        {
            var expected = new float[plain.Spec.Observation.Size];
            plain.Reset(new Rng(1), expected);
            longer.Reset(new Rng(1), observation);
            float[] place = [.. simulation.Positions[..count].ToArray().Select(value => (float)value)];

            Assert.Equal([.. place, .. expected], observation[..longer.Spec.Observation.Size]);
        }
    }

    [MujocoFact]
    public void Constructor_NoHealthyHeight_IsRefusedWithTheValues()
    {
        foreach (var message in new Action[]
        {
            () => _ = new Walker2d(new Walker2dConfig { MinimumHealthyHeight = 2.5 }),
            () => _ = new Ant(new AntConfig { MinimumHealthyHeight = 2.5, MaximumHealthyHeight = 2.0 }),
            () => _ = new Humanoid(new HumanoidConfig { MinimumHealthyHeight = 2.5 }),
        }.Select(create => Assert.Throws<ArgumentException>(create).Message))
            Assert.Contains("2.5 m and 2 m", message, StringComparison.Ordinal);
    }

    [MujocoFact]
    public void Render_OfTurnedBody_PlacesAndTurnsItsSolids()
    {
        using var pendulum = new InvertedPendulum(new InvertedPendulumConfig());
        pendulum.Reset(new Rng(1), observation);
        pendulum.Simulation.Positions[0] = 0.5;
        pendulum.Simulation.Positions[1] = Math.PI / 6;
        pendulum.Simulation.Begin();
        var solids = pendulum.Render().Solids;

        Assert.Equal(["wall", "object", "agent"], solids.Select(solid => solid.Tone));
        Assert.All(solids, solid => Assert.Equal("capsule", solid.Kind));
        Assert.Equal(0.5, solids[1].Position[0], 1e-12);
        var direction = UpOf(solids[2]);
        var lean = Math.PI / 6 + Math.Atan2(0.001, 0.6);
        var half = Math.Sqrt(0.6 * 0.6 + 0.001 * 0.001) / 2;
        Assert.Equal([Math.Sin(lean), 0, Math.Cos(lean)], direction.Select(part => part * Math.Sign(direction[2])), Near);
        Assert.Equal([0.5 + half * Math.Sin(lean), 0, half * Math.Cos(lean)], solids[2].Position, Near);
        Assert.Equal([0.049, half], solids[2].Size, Near);
    }

    [MujocoTheory]
    [MemberData(nameof(All))]
    public void Render_AnyPose_TurnsEverySolidAsTheEngineDoes(string name)
    {
        var (environment, simulation) = Create(name);
        using (environment)
        {
            var actions = new Rng(4);
            environment.Reset(new Rng(1), observation);
            for (var step = 0; step < 50; step++)
                if (environment.Step(Random(environment, actions), observation).Terminated)
                    environment.Reset(new Rng((ulong)step), observation);
            var matrices = simulation.Numbers("geom_xmat").ToArray().Chunk(9);

            Assert.All(environment.Render()!.Solids.Zip(matrices), pair =>
                Assert.Equal([pair.Second[2], pair.Second[5], pair.Second[8]], UpOf(pair.First), Near));
        }
    }

    [MujocoFact]
    public void Keyboard_OfHumanoid_HasTwoKeysOfItsOwnPerJoint()
    {
        using var humanoid = new Humanoid(new HumanoidConfig());
        var keys = humanoid.Spec.Keyboard!.Keys;

        Assert.Equal(34, keys.Select(binding => binding.Key).Distinct().Count());
        Assert.All(keys.Index(), key => Assert.Equal(key.Index % 2 == 0 ? 0.4f : -0.4f, key.Item.Action[key.Index / 2]));
    }

    private static bool Near(double expected, double actual) => Math.Abs(expected - actual) < 1e-12;

    // Where a solid's own z axis points: the third column of its quaternion's matrix.
    private static double[] UpOf(Solid solid)
    {
        var (w, x, y, z) = (solid.Rotation[0], solid.Rotation[1], solid.Rotation[2], solid.Rotation[3]);
        return [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)];
    }

    private static void AssertSame(MujocoSimulation one, MujocoSimulation other)
    {
        string[] fields =
        [
            "qpos", "qvel", "xpos", "xipos", "site_xpos", "subtree_com", "cinert", "cvel", "qfrc_actuator", "qfrc_constraint", "cfrc_ext",
            "geom_xpos", "geom_xmat",
        ];
        foreach (var field in fields)
            Assert.True(MemoryMarshal.AsBytes(one.Numbers(field)).SequenceEqual(MemoryMarshal.AsBytes(other.Numbers(field))), field);
    }

    private IEnumerable<(StepResult First, StepResult Second, StepResult Third)> Together(
        IEnvironment first, IEnvironment second, IEnvironment third, int steps)
    {
        foreach (var environment in new[] { first, second, third })
            environment.Reset(new Rng(1), observation);
        var actions = new Rng(2);
        for (var step = 0; step < steps; step++)
        {
            var action = Random(first, actions);
            yield return (first.Step(action, observation), second.Step(action, observation), third.Step(action, observation));
        }
    }

    private static float[] Random(IEnvironment environment, Rng rng) =>
        [.. ((Box)environment.Spec.Action).High.Select(high => (float)rng.NextDouble(-high, high))];

    private static (IEnvironment, MujocoSimulation) Create(string name) => name switch
    {
        "hopper" => With(new Hopper(new HopperConfig())),
        "half-cheetah" => With(new HalfCheetah(new HalfCheetahConfig())),
        "walker2d" => With(new Walker2d(new Walker2dConfig())),
        "walker2d v5" => With(new Walker2d(new Walker2dConfig { Version = GymnasiumVersion.V5 })),
        "ant" => With(new Ant(new AntConfig())),
        "ant v5" => With(new Ant(new AntConfig { Version = GymnasiumVersion.V5 })),
        "humanoid" => With(new Humanoid(new HumanoidConfig())),
        "humanoid v5" => With(new Humanoid(new HumanoidConfig { Version = GymnasiumVersion.V5 })),
        "swimmer" => With(new Swimmer(new SwimmerConfig())),
        "inverted-pendulum" => With(new InvertedPendulum(new InvertedPendulumConfig())),
        "inverted-double-pendulum" => With(new InvertedDoublePendulum(new InvertedDoublePendulumConfig())),
        "reacher" => With(new Reacher(new ReacherConfig())),
        _ => throw new ArgumentException($"There is no {name}.", nameof(name)),
    };

    private static (IEnvironment, MujocoSimulation) Sparse(string name) => name switch
    {
        "half-cheetah" => With(new HalfCheetah(new HalfCheetahConfig { Sparse = true })),
        "walker2d" => With(new Walker2d(new Walker2dConfig { Sparse = true })),
        _ => With(new Swimmer(new SwimmerConfig { Sparse = true })),
    };

    private static (IEnvironment, MujocoSimulation) WithPosition(string name) => name switch
    {
        "half-cheetah" => With(new HalfCheetah(new HalfCheetahConfig { ObservePosition = true })),
        "walker2d" => With(new Walker2d(new Walker2dConfig { ObservePosition = true })),
        "ant" => With(new Ant(new AntConfig { ObservePosition = true })),
        "humanoid" => With(new Humanoid(new HumanoidConfig { ObservePosition = true })),
        _ => With(new Swimmer(new SwimmerConfig { ObservePosition = true })),
    };

    private static (IEnvironment, MujocoSimulation) OnlyHealthy(string name)
    {
        var version = name.EndsWith("v5", StringComparison.Ordinal) ? GymnasiumVersion.V5 : GymnasiumVersion.V4;
        return name.Split(' ')[0] switch
        {
            "hopper" => With(new Hopper(new HopperConfig { Version = version, HealthyReward = 3, ForwardRewardWeight = 0 })),
            "walker2d" => With(new Walker2d(new Walker2dConfig { Version = version, HealthyReward = 3, ForwardRewardWeight = 0 })),
            "ant" => With(new Ant(new AntConfig { Version = version, HealthyReward = 3, ForwardRewardWeight = 0, ContactCostWeight = 0 })),
            _ => With(new Humanoid(
                new HumanoidConfig { Version = version, HealthyReward = 3, ForwardRewardWeight = 0, ContactCostWeight = 0 })),
        };
    }

    private static (IEnvironment, MujocoSimulation) With(Hopper body) => (body, body.Simulation);

    private static (IEnvironment, MujocoSimulation) With(HalfCheetah body) => (body, body.Simulation);

    private static (IEnvironment, MujocoSimulation) With(Walker2d body) => (body, body.Simulation);

    private static (IEnvironment, MujocoSimulation) With(Ant body) => (body, body.Simulation);

    private static (IEnvironment, MujocoSimulation) With(Humanoid body) => (body, body.Simulation);

    private static (IEnvironment, MujocoSimulation) With(Swimmer body) => (body, body.Simulation);

    private static (IEnvironment, MujocoSimulation) With(InvertedPendulum body) => (body, body.Simulation);

    private static (IEnvironment, MujocoSimulation) With(InvertedDoublePendulum body) => (body, body.Simulation);

    private static (IEnvironment, MujocoSimulation) With(Reacher body) => (body, body.Simulation);
}
