using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Navigation;

namespace IntrinsicLab.Tests.Core.Environments.Navigation;

public class PointNavigationTests
{
    [Fact]
    public void Step_TenTimesToTheCorner_ArrivesAndStays()
    {
        using var environment = new PointNavigation(new PointNavigationConfig { StartNoise = 0 });
        var observation = Begun(environment, 1);
        for (var step = 0; step < 12; step++)
        {
            environment.Step([1, 1], observation);
            if (step >= 9)
                Assert.Equal((1.0, 1.0), (Math.Round(environment.Position.X, 12), Math.Round(environment.Position.Y, 12)));
        }
    }

    [Fact]
    public void Step_DiscreteMoves_GoAlongTheAxes()
    {
        using var environment = new PointNavigation(new PointNavigationConfig { StartNoise = 0, Actions = PointActions.Discrete });
        var observation = Begun(environment, 1);
        (double, double)[] expected = [(0, 0.1), (0, 0), (-0.1, 0), (0, 0), (0, 0)];
        for (var action = 0; action < 5; action++)
        {
            environment.Step([action], observation);
            Assert.Equal(expected[action].Item1, environment.Position.X, 1e-12);
            Assert.Equal(expected[action].Item2, environment.Position.Y, 1e-12);
        }
    }

    [Fact]
    public void Step_RefusingEdge_DoesNotMoveAtAll()
    {
        using var environment = new PointNavigation(new PointNavigationConfig { Edge = FieldEdge.Refuse });
        var observation = Begun(environment, 1);
        environment.Position = (0.95, 0.2);
        environment.Step([1, 1], observation);

        Assert.Equal((0.95, 0.2), environment.Position);
    }

    // Midpoint rule on 2000 × 2000 cells of the square: what evaluations divide distances by.
    [Fact]
    public void Distance_OfUniformPoints_HasTheKnownMean()
    {
        const int cells = 2000;
        var sum = 0.0;
        for (var row = 0; row < cells; row++)
            for (var column = 0; column < cells; column++)
            {
                var (x, y) = ((2 * column + 1.0) / cells - 1, (2 * row + 1.0) / cells - 1);
                sum += Math.Sqrt(x * x + y * y);
            }
        Assert.Equal(0.765196, sum / (cells * (double)cells), 1e-6);

        using var environment = new PointNavigation(new PointNavigationConfig { StartNoise = 0 });
        var drawn = Enumerable.Range(0, 20_000).Select(seed => Norm(Layout(environment).Wanted(Begun(environment, (ulong)seed)))).Average();
        Assert.Equal(0.765196, drawn, 0.01);
    }

    [Theory]
    [InlineData(NavigationReward.Distance)]
    [InlineData(NavigationReward.Sparse)]
    [InlineData(NavigationReward.Progress)]
    [InlineData(NavigationReward.Geodesic)]
    public void Step_EachReward_IsThatOfTheDistance(NavigationReward kind)
    {
        var config = new PointNavigationConfig
        {
            Map = FieldMap.Shelf,
            StartNoise = 0,
            GoalPlacement = GoalPlacement.Given,
            GoalX = -0.5,
            GoalY = -0.15,
            Reward = kind,
        };
        using var environment = new PointNavigation(config);
        var observation = Begun(environment, 1);
        double[] expected = kind switch
        {
            NavigationReward.Sparse => [-1, 0, 0],
            NavigationReward.Progress => [0.1, 0.1, 0],
            _ => [-0.15, -0.05, -0.05],
        };

        Assert.All(expected, reward => Assert.Equal(reward, environment.Step([0, 1], observation).Reward, 1e-12));
    }

    [Fact]
    public void Step_GeodesicBehindTheShelf_PaysLessThanDistance()
    {
        var config = new PointNavigationConfig { Map = FieldMap.Shelf, GoalPlacement = GoalPlacement.Given, GoalX = -0.5, GoalY = 0.5, Reward = NavigationReward.Geodesic };
        using var environment = new PointNavigation(config);
        var geodesic = environment.Step([0, 0], Begun(environment, 1)).Reward;

        Assert.InRange(geodesic, -1.45, -1.3);
    }

    [Fact]
    public void Step_WithoutGoal_PaysNothingAndShowsTheStateAlone()
    {
        using var environment = new PointNavigation(new PointNavigationConfig { Goal = PointGoal.None });
        var observation = Begun(environment, 1);

        Assert.Equal(2, observation.Length);
        Assert.Null(environment.Spec.Goal);
        Assert.Equal(new StepResult(0, false, false), environment.Step([1, 1], observation));
    }

    [Fact]
    public void Step_EndAtGoal_TerminatesThere()
    {
        using var environment = new PointNavigation(new PointNavigationConfig { EndAtGoal = true, GoalPlacement = GoalPlacement.Given, GoalX = 0.2, GoalY = 0 });
        var observation = Begun(environment, 1);

        Assert.False(environment.Step([0.5f, 0], observation).Terminated);
        Assert.True(environment.Step([1, 0], observation).Terminated);
    }

    [Fact]
    public void Step_Waypoints_AreWantedInTheirSlots()
    {
        using var environment = new PointNavigation(new PointNavigationConfig { Goal = PointGoal.Waypoints });
        var observation = Begun(environment, 5);
        List<(float, float)> wanted = [Pair(Layout(environment).Wanted(observation))];
        for (var step = 0; step < 39; step++)
        {
            var target = Layout(environment).Wanted(observation).ToArray();
            var reward = environment.Step([0.1f, -0.2f], observation).Reward;
            var achieved = Layout(environment).Achieved(observation);
            Assert.Equal(-Norm([achieved[0] - target[0], achieved[1] - target[1]]), reward, 1e-6);
            wanted.Add(Pair(Layout(environment).Wanted(observation)));
        }

        Assert.Equal(40, environment.Spec.TimeLimit);
        Assert.Equal(4, wanted.Distinct().Count());
        Assert.All(wanted.Chunk(10), slot => Assert.Single(slot.Distinct()));
    }

    [Fact]
    public void Step_DynamicGoal_GoesRoundOnceInFortySteps()
    {
        using var environment = new PointNavigation(new PointNavigationConfig { Goal = PointGoal.Dynamic });
        var observation = Begun(environment, 5);
        var first = Pair(Layout(environment).Wanted(observation));
        var angles = new List<double>();
        for (var step = 0; step < 40; step++)
        {
            var (x, y) = Pair(Layout(environment).Wanted(observation));
            Assert.Equal(0.6, Norm([x, y]), 1e-6);
            angles.Add(Math.Atan2(y, x));
            environment.Step([0, 0], observation);
        }

        Assert.Equal(first.X, Layout(environment).Wanted(observation)[0], 1e-6);
        Assert.All(angles.Zip(angles.Skip(1)), pair => Assert.Equal(2 * Math.PI / 40, Math.IEEERemainder(pair.Second - pair.First, 2 * Math.PI), 1e-5));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Step_ImageGoals_SumToTheirBlobs(bool distractor)
    {
        using var environment = new PointNavigation(new PointNavigationConfig { Goal = PointGoal.Image, Distractor = distractor, Reward = NavigationReward.Pixel });
        var blobs = distractor ? 2 : 1;
        for (var seed = 0UL; seed < 50; seed++)
        {
            var observation = Begun(environment, seed);
            var before = Layout(environment).Wanted(observation).ToArray();
            var reward = environment.Step([1, -0.3f], observation).Reward;
            var (wanted, achieved) = (Layout(environment).Wanted(observation).ToArray(), Layout(environment).Achieved(observation).ToArray());
            foreach (var image in (float[][])[wanted, achieved])
            {
                Assert.Equal(blobs, image.Sum(), 1e-5);
                Assert.InRange(image.Count(pixel => pixel != 0), 1, 4 * blobs);
            }
            Assert.Equal(before, wanted);
            Assert.Equal(-Math.Sqrt(wanted.Zip(achieved, (left, right) => ((double)left - right) * ((double)left - right)).Sum()), reward, 1e-9);
        }
    }

    [Fact]
    public void BlobImages_TwoCellsApart_AreAsFarAsTheirNormsSay()
    {
        var (left, near, far) = (new float[100], new float[100], new float[100]);
        BlobImage.Add(left, -0.9, -0.9);
        BlobImage.Add(near, 0.1, 0.2);
        BlobImage.Add(far, 0.1 + 4 / 4.5, 0.2);

        Assert.Equal(BlobImage.Distance(left, near), BlobImage.Distance(left, far), 1e-6);
        Assert.Equal(Math.Sqrt(Math.Pow(BlobImage.Distance(left, new float[100]), 2) + Math.Pow(BlobImage.Distance(near, new float[100]), 2)),
            BlobImage.Distance(left, near), 1e-9);
    }

    [Fact]
    public void Distance_OfPictures_IsThatOfTheirBlobs()
    {
        var layout = new PointNavigation(new PointNavigationConfig { Goal = PointGoal.Image }).Spec.Goal!;
        var (left, right) = (new float[100], new float[100]);
        BlobImage.Add(left, -0.9, 0.31);
        BlobImage.Add(right, 0.47, 1);

        Assert.Equal(Math.Sqrt(1.37 * 1.37 + 0.69 * 0.69), layout.Distance(left, right), 1e-5);
        Assert.Equal(0.1, layout.SuccessRadius);
        Assert.Null(new PointNavigation(new PointNavigationConfig { Goal = PointGoal.Image, Distractor = true }).Spec.Goal!.SuccessRadius);
    }

    [Fact]
    public void IsHard_BehindTheShelf_IsTrue()
    {
        var layout = new PointNavigation(new PointNavigationConfig { Map = FieldMap.Shelf }).Spec.Goal!;

        Assert.True(layout.IsHard!([-0.5f, 0.5f]));
        Assert.False(layout.IsHard!([0.5f, 0.5f]));
        Assert.Null(new PointNavigation(new PointNavigationConfig()).Spec.Goal!.IsHard);
        Assert.Equal(0.5, layout.Distance([0f, 0f], [0.3f, 0.4f]), 1e-6);
    }

    [Fact]
    public void BlobImages_OnPixelsAndCorners_HaveOneBrightPixel()
    {
        foreach (var (x, y, pixel) in ((double, double, int)[])[(-1, -1, 0), (1, -1, 9), (-1, 1, 90), (1, 1, 99), (-1 + 2 / 4.5, -1 + 1 / 4.5, 12)])
        {
            var image = new float[100];
            BlobImage.Add(image, x, y);
            Assert.Equal(1, image[pixel], 1e-6);
        }
    }

    [Fact]
    public void Constructor_WhatCannotBe_IsRefusedByName()
    {
        Assert.Contains("open", Assert.Throws<ArgumentException>(() => new PointNavigation(new() { GoalPlacement = GoalPlacement.Hard })).Message, StringComparison.Ordinal);
        Assert.Contains("pixel", Assert.Throws<ArgumentException>(() => new PointNavigation(new() { Reward = NavigationReward.Pixel })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reset_HardGoals_LieBehindTheWall()
    {
        using var environment = new PointNavigation(new PointNavigationConfig { Map = FieldMap.Shelf, GoalPlacement = GoalPlacement.Hard });
        for (var seed = 0UL; seed < 100; seed++)
        {
            Begun(environment, seed);
            Assert.True(environment.Wanted is { X: < -0.1, Y: > 0.1 });
        }
    }

    private static GoalLayout Layout(IEnvironment environment) => environment.Spec.Goal!;

    private static (float X, float Y) Pair(ReadOnlySpan<float> point) => (point[0], point[1]);

    private static double Norm(ReadOnlySpan<float> point) => Math.Sqrt((double)point[0] * point[0] + (double)point[1] * point[1]);

    private static float[] Begun(IEnvironment environment, ulong seed)
    {
        var observation = new float[environment.Spec.Observation.Size];
        environment.Reset(new Rng(seed), observation);
        return observation;
    }
}
