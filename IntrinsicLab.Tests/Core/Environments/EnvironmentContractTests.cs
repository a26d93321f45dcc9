using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.RegularExpressions;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Tests.Core.Environments;

/// <summary>What holds for every environment of the catalogue that can run on this machine.</summary>
public partial class EnvironmentContractTests
{
    public static TheoryData<string> All => [.. EnvironmentCatalog.All.Select(entry => entry.Id)];

    public static TheoryData<string> Available => [.. EnvironmentCatalog.All.Where(entry => entry.StartsByItself).Select(entry => entry.Id)];

    [Theory]
    [MemberData(nameof(All))]
    public void Entry_ReadByPeople_IsComplete(string id)
    {
        var entry = EnvironmentCatalog.Find(id)!;

        Assert.Matches(KebabCase(), id);
        Assert.Single(EnvironmentCatalog.All, other => other.Id == id);
        Assert.All([entry.Name, entry.Summary, entry.Family, entry.Source], text => Assert.NotEmpty(text));
        Assert.EndsWith(".", entry.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Parameters_Defaults_LieInTheirRanges(string id)
    {
        var parameters = Activator.CreateInstance(EnvironmentCatalog.Find(id)!.Parameters)!;

        foreach (var property in parameters.GetType().GetProperties())
        {
            if (property.PropertyType == typeof(bool) || property.PropertyType == typeof(string) || property.PropertyType.IsEnum)
                continue;
            var range = property.GetCustomAttribute<RangeAttribute>();
            Assert.True(range is not null, $"{property.Name} has no range.");
            Assert.True(range.IsValid(property.GetValue(parameters)), $"The default of {property.Name} is out of range.");
        }
    }

    [Theory]
    [MemberData(nameof(Available))]
    public void Observations_OfRandomEpisodes_LieInTheirSpace(string id)
    {
        using var environment = Create(id);
        var box = environment.Spec.Observation;

        Assert.Equal(box.Shape.Aggregate(1, (size, extent) => size * extent), box.Size);
        Assert.Equal(box.Size, box.High.Length);
        foreach (var step in Play(environment, steps: 500))
            Assert.All(step.Observation.Index(), value => Assert.InRange(value.Item, box.Low[value.Index], box.High[value.Index]));
    }

    [Theory]
    [MemberData(nameof(Available))]
    public void Step_OfRandomEpisodes_GivesFiniteRewardsAndEnds(string id)
    {
        using var environment = Create(id, new WrapperConfig { TimeLimit = 50 });
        var steps = Play(environment, steps: 500).ToList();

        Assert.All(steps, step => Assert.True(double.IsFinite(step.Result.Reward) && step.Result.Reward.Equals(step.Result.RawReward)));
        Assert.InRange(steps.Count(step => step.Result.Ended), 9, 500);
    }

    [Theory]
    [MemberData(nameof(Available))]
    public void Step_AHundredThousandTimesAtRandom_StaysInItsSpace(string id)
    {
        using var environment = Create(id);
        var (low, high) = (environment.Spec.Observation.Low, environment.Spec.Observation.High);
        var (rng, actions) = (new Rng(3), new Rng(4));
        var observation = new float[low.Length];
        environment.Reset(rng, observation);
        for (var step = 0; step < 100_000; step++)
        {
            var result = environment.Step(Action(environment, actions), observation);
            Assert.True(double.IsFinite(result.Reward), $"Step {step} pays {result.Reward}.");
            for (var index = 0; index < observation.Length; index++)
                if (!(observation[index] >= low[index] && observation[index] <= high[index]))
                    Assert.Fail($"Value {index} is {observation[index]} after step {step}, out of {low[index]} to {high[index]}.");
            if (result.Ended)
                environment.Reset(rng, observation);
        }
    }

    [Theory]
    [MemberData(nameof(Available))]
    public void Batch_OverTwoThreads_EqualsSingleEnvironments(string id)
    {
        const int count = 3;
        var factory = EnvironmentCatalog.Factory(EnvironmentCatalog.Find(id)!, null, new WrapperConfig { TimeLimit = 40 });
        using var batch = new EnvironmentBatch(factory, count, new Rng(6), threads: 2);
        var singles = Enumerable.Range(0, count).Select(_ => factory.Create()).ToList();
        var rngs = Enumerable.Range(0, count).Select(index => new Rng(6).Split("environment", index)).ToList();
        var rows = singles.Select((single, index) => new float[single.Spec.Observation.Size]).ToList();
        batch.Reset();
        for (var index = 0; index < count; index++)
            singles[index].Reset(rngs[index], rows[index]);

        var actions = new Rng(7);
        for (var step = 0; step < 100; step++)
        {
            var chosen = singles.Select(single => Action(single, actions)).ToList();
            batch.Step([.. chosen.SelectMany(values => values)]);
            for (var index = 0; index < count; index++)
            {
                var result = singles[index].Step(chosen[index], rows[index]);
                if (result.Ended)
                    singles[index].Reset(rngs[index], rows[index]);
                Assert.Equal(
                    (result.Reward, result.Terminated, result.Truncated), (batch.Rewards[index], batch.Terminated[index], batch.Truncated[index]));
            }
            Assert.Equal(rows.SelectMany(row => row), batch.Observations.ToArray());
        }
        singles.ForEach(single => single.Dispose());
    }

    [Theory]
    [MemberData(nameof(Available))]
    public void Episodes_WithEqualSeeds_AreEqual(string id)
    {
        using var one = Create(id);
        using var other = Create(id);

        Assert.Equal(Play(one, steps: 300).Select(Text), Play(other, steps: 300).Select(Text));
    }

    [Theory]
    [MemberData(nameof(Available))]
    public void Episodes_WithOtherSeeds_DifferUnlessNothingIsRandom(string id)
    {
        var episodes = Enumerable.Range(1, 10).Select(seed =>
        {
            using var environment = Create(id);
            return string.Join("\n", Play(environment, steps: 100, (ulong)seed).Select(Text));
        });
        using var environment = Create(id);
        Assert.Equal(environment.Spec.Deterministic, episodes.Distinct().Count() == 1);
    }

    [Theory]
    [MemberData(nameof(Available))]
    public void Load_InMidEpisode_ContinuesBitForBit(string id)
    {
        var vector = EnvironmentCatalog.Factory(EnvironmentCatalog.Find(id)!).Spec.Observation.Shape.Length == 1;
        var wrappers = new WrapperConfig
        {
            TimeLimit = 60,
            Delay = 7,
            DelayAfterNormalisation = false,
            RewardScale = 0.3,
            FrameStack = 2,
            NoisyChannels = vector ? 3 : 0,
            EpisodicLife = true,
        };
        using var saved = Create(id, wrappers);
        using var loaded = Create(id, wrappers);
        var rng = new Rng(5);
        var observation = new float[saved.Spec.Observation.Size];
        saved.Reset(rng, observation);
        for (var step = 0; step < 4; step++)
            if (saved.Step(Action(saved, new Rng((ulong)step)), observation).Ended)
                saved.Reset(rng, observation);

        using var stream = new MemoryStream();
        rng.Save(new BinaryWriter(stream));
        saved.Save(new BinaryWriter(stream));
        stream.Position = 0;
        var loadedRng = Rng.Load(new BinaryReader(stream));
        loaded.Load(new BinaryReader(stream), loadedRng);

        Assert.Equal(stream.Length, stream.Position);
        Assert.Equal(Text(saved.Render()), Text(loaded.Render()));
        Assert.Equal(Continue(saved, rng, 200).Select(Text), Continue(loaded, loadedRng, 200).Select(Text));
    }

    [Theory]
    [MemberData(nameof(Available))]
    public void Step_BeforeReset_IsRefused(string id)
    {
        using var environment = EnvironmentCatalog.Find(id)!.Create(Activator.CreateInstance(EnvironmentCatalog.Find(id)!.Parameters)!);

        Assert.Throws<InvalidOperationException>(() => environment.Step(Action(environment, new Rng(1)), new float[environment.Spec.Observation.Size]));
    }

    [Theory]
    [MemberData(nameof(Available))]
    public void Step_AfterEnd_IsRefused(string id)
    {
        using var environment = Create(id, new WrapperConfig { TimeLimit = 3 });
        var observation = new float[environment.Spec.Observation.Size];
        environment.Reset(new Rng(1), observation);
        while (!environment.Step(Action(environment, new Rng(1)), observation).Ended)
        {
        }

        Assert.Throws<InvalidOperationException>(() => environment.Step(Action(environment, new Rng(1)), observation));
    }

    [Theory]
    [MemberData(nameof(Available))]
    public void Step_WhatIsNoAction_IsRefused(string id)
    {
        using var environment = Create(id);
        var observation = new float[environment.Spec.Observation.Size];
        environment.Reset(new Rng(1), observation);
        var size = environment.Spec.Action.Size;
        List<float[]> wrong = [new float[size + 1], [], [.. Enumerable.Repeat(float.NaN, size)], [.. Enumerable.Repeat(float.PositiveInfinity, size)]];
        if (environment.Spec.Action is Discrete discrete)
            wrong.AddRange([[-1], [discrete.Count], [0.5f]]);

        Assert.All(wrong, action => Assert.Throws<ArgumentException>(() => environment.Step(action, observation)));
    }

    [Theory]
    [MemberData(nameof(Available))]
    public void TimeLimit_Reached_TruncatesThere(string id)
    {
        using var environment = Create(id, new WrapperConfig { TimeLimit = 4 });
        var episodes = Lengths(Play(environment, steps: 200)).ToList();

        Assert.Equal(4, environment.Spec.TimeLimit);
        Assert.Contains(episodes, episode => episode.Last.Truncated);
        Assert.All(episodes, episode => Assert.Equal(episode.Length == 4, episode.Last.Truncated));
    }

    [Theory]
    [MemberData(nameof(Available))]
    public void Render_AlongAnEpisode_DrawsKnownShapes(string id)
    {
        using var environment = Create(id);
        foreach (var _ in Play(environment, steps: 30))
        {
            var scene = environment.Render()!;
            Assert.True(scene.Width > 0 && scene.Height > 0);
            Assert.True(scene.Image is not null || scene.Shapes.Any(shape => shape.Tone == "agent") || scene.Solids.Any(solid => solid.Tone == "agent"));
            Assert.All(scene.Shapes, shape =>
            {
                Assert.Contains(shape.Kind, Scene.ShapeKinds);
                Assert.Contains(shape.Tone, Scene.Tones);
                Assert.InRange(shape.Opacity, 0, 1);
                Assert.Equal(shape.Kind == "text", shape.Label is not null);
                Assert.True(shape.Points.Length % 2 == 0 && shape.Points.All(double.IsFinite));
                Assert.True(shape.Points.Length >= (shape.Kind is "cells" ? 0 : shape.Kind is "text" ? 2 : 4));
                foreach (var point in shape.Points.Chunk(2).Take(1))
                {
                    Assert.InRange(point[0], -1, scene.Width + 1);
                    Assert.InRange(point[1], -1, scene.Height + 1);
                }
            });
            Assert.All(scene.Solids, solid =>
            {
                Assert.Contains(solid.Kind, Scene.SolidKinds);
                Assert.Contains(solid.Tone, Scene.Tones);
                Assert.True(solid.Size.All(size => size >= 0) && solid.Position.All(double.IsFinite));
                Assert.Equal(1, Math.Sqrt(solid.Rotation.Sum(part => part * part)), 6);
            });
        }
    }

    [Theory]
    [MemberData(nameof(Available))]
    public void Keyboard_EveryKey_IsAnAction(string id)
    {
        using var environment = Create(id);
        var observation = new float[environment.Spec.Observation.Size];
        foreach (var action in (environment.Spec.Keyboard?.Keys ?? []).Select(binding => binding.Action).Append(environment.Spec.Keyboard?.Idle).OfType<float[]>())
        {
            environment.Reset(new Rng(1), observation);
            environment.Step(action, observation);
        }
    }

    private static IEnvironment Create(string id, WrapperConfig? wrappers = null) =>
        EnvironmentCatalog.Factory(EnvironmentCatalog.Find(id)!, null, wrappers).Create();

    private static float[] Action(IEnvironment environment, Rng rng)
    {
        var action = new float[environment.Spec.Action.Size];
        environment.Spec.Action.Sample(rng, action);
        return action;
    }

    private static IEnumerable<(float[] Observation, StepResult Result)> Play(IEnvironment environment, int steps, ulong seed = 11)
    {
        var rng = new Rng(seed);
        var observation = new float[environment.Spec.Observation.Size];
        environment.Reset(rng, observation);
        yield return (observation, default);
        foreach (var step in Continue(environment, rng, steps))
            yield return step;
    }

    private static IEnumerable<(float[] Observation, StepResult Result)> Continue(IEnvironment environment, Rng rng, int steps)
    {
        var actions = new Rng(12);
        for (var step = 0; step < steps; step++)
        {
            var observation = new float[environment.Spec.Observation.Size];
            var result = environment.Step(Action(environment, actions), observation);
            yield return (observation.ToArray(), result);
            if (!result.Ended)
                continue;
            environment.Reset(rng, observation);
            yield return (observation, default);
        }
    }

    private static IEnumerable<(int Length, StepResult Last)> Lengths(IEnumerable<(float[] Observation, StepResult Result)> steps)
    {
        var length = -1;
        foreach (var (_, result) in steps)
        {
            length++;
            if (!result.Ended)
                continue;
            yield return (length, result);
            length = -1;
        }
    }

    private static string Text((float[] Observation, StepResult Result) step) =>
        $"{string.Join(" ", step.Observation.Select(BitConverter.SingleToInt32Bits))} | {BitConverter.DoubleToInt64Bits(step.Result.Reward)} {step.Result}";

    private static string Text(Scene? scene) => scene is null
        ? ""
        : string.Join("\n", scene.Solids.Select(solid => string.Join(" ", solid.Position.Concat(solid.Rotation).Select(BitConverter.DoubleToInt64Bits))))
            + string.Join("\n", scene.Shapes.Select(shape => $"{shape.Kind} {shape.Tone} {string.Join(" ", shape.Points.Select(BitConverter.DoubleToInt64Bits))}"));

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex KebabCase();
}
