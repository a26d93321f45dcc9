using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.GridWorlds;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class LirpgFiguresTests
{
    private static readonly EnvironmentSpec TwoActions = new(new Box([1], 0, 1), new Discrete(2) { Names = ["Wait", "Go"] });

    // Two environments, three steps: what each did, was paid by the reward network and by the task, and which step was its last.
    private static RewardLog Known(EnvironmentSpec spec, float[] actions, float[] learned, float[]? extrinsic = null, params int[] ended)
    {
        var log = new RewardLog(spec, environments: 2);
        var rollout = new Rollout(spec, environments: 2, steps: learned.Length / 2);
        actions.CopyTo(rollout.Actions, 0);
        extrinsic?.CopyTo(rollout.Rewards, 0);
        foreach (var row in ended)
            rollout.Ended[row] = true;
        log.Add(rollout, learned, []);
        return log;
    }

    [Fact]
    public void PerAction_DiscreteActions_HasMeanDeviationAndShareOfEach()
    {
        var spec = TwoActions with { Action = new Discrete(3) { Names = ["Wait", "Go"] } };
        var log = Known(spec, actions: [0, 1, 1, 1, 0, 1], learned: [0.5f, 1, -1, 0, 0.25f, 2]);

        var figure = Assert.IsType<BarFigure>(Assert.Single(LirpgFigures.PerAction(log, spec.Action)));

        Assert.Equal(["Wait", "Go", "2"], figure.Categories);
        // Wait: 0.5 and 0.25. Go: 1, −1, 0, 2 of mean 0.5 and mean square 1.5. The third was never chosen.
        Assert.Equal([0.375, 0.5, double.NaN], figure.Panels[0].Values);
        Assert.Equal([0.125, Math.Sqrt(1.25), double.NaN], figure.Panels[0].Deviations!);
        Assert.Equal([2 / 6.0, 4 / 6.0, 0], figure.Panels[1].Values);
    }

    [Fact]
    public void PerAction_ContinuousActions_CountsBetweenTheBounds_AndWhatLiesBeyondAtTheirEnds()
    {
        var spec = TwoActions with { Action = new Box([1], -9, 9) };
        var log = Known(spec, actions: [-20, -8, 0, 0.5f, 9, 30], learned: [1, 3, 0.25f, 0.75f, -1, -1]);

        var figure = Assert.IsType<BarFigure>(Assert.Single(LirpgFigures.PerAction(log, spec.Action)));

        Assert.Equal(["−8", "−6", "−4", "−2", "0", "2", "4", "6", "8"], figure.Categories);
        Assert.Equal([2, double.NaN, double.NaN, double.NaN, 0.5, double.NaN, double.NaN, double.NaN, -1], figure.Panels[0].Values);
        Assert.Equal([1, double.NaN, double.NaN, double.NaN, 0.25, double.NaN, double.NaN, double.NaN, 0], figure.Panels[0].Deviations!);
        Assert.Equal([2 / 6.0, 0, 0, 0, 2 / 6.0, 0, 0, 0, 2 / 6.0], figure.Panels[1].Values);
    }

    [Fact]
    public void PerAction_ManyComponents_AreTheRowsOfAMap()
    {
        var spec = TwoActions with { Action = new Box([4], -1, 1) };
        var log = Known(spec, actions: [-1, 0, 1, 0, -1, 0, 0, 0], learned: [0.5f, 1]);

        var figures = LirpgFigures.PerAction(log, spec.Action).Cast<HeatFigure>().ToList();

        Assert.Equal(2, figures.Count);
        Assert.Equal(4 * 9, figures[0].Values.Count);
        Assert.Equal(0.75, figures[0].Values[0]);
        Assert.Equal((1, 0.5), (figures[0].Values[2 * 9 + 4], figures[0].Values[2 * 9 + 8]));
        Assert.Equal((1, 0.5), (figures[1].Values[0], figures[1].Values[2 * 9 + 8]));
    }

    [Fact]
    public void Along_ShowsTheFirstEnvironment_OnScalesOfTheirOwn_WithTheEndsOfItsEpisodes()
    {
        var log = Known(TwoActions, actions: new float[6], learned: [0.5f, 9, -0.5f, 9, 0.25f, 9], extrinsic: [0, 7, 100, 7, 0, 7], ended: [2, 3, 5]);

        var figure = LirpgFigures.Along(log);

        Assert.Equal([1, 2, 3], figure.Series[0].X);
        Assert.Equal([0.5, -0.5, 0.25], figure.Series[0].Y);
        Assert.Equal([0, 100, 0], figure.Series[1].Y);
        Assert.False(figure.Series[0].OnRight);
        Assert.True(figure.Series[1].OnRight);
        Assert.Equal([2.5], figure.Breaks);
        Assert.Equal("extrinsic reward", figure.Right!.Label);
    }

    [Fact]
    public void PerEpisode_PairsReturnsThatEndedAtTheSameStep()
    {
        var log = new RewardLog(TwoActions, environments: 2);
        log.Add(new Rollout(TwoActions, 2, 1), [0, 0],
        [
            new(Metrics.EpisodeReturn, 10, 1), new(Metrics.EpisodeLength, 10, 5), new(Metrics.EpisodeReturn, 11, 2), new(Metrics.EpisodeReturn, 14, 6),
            new(Metrics.IntrinsicReturn, 14, -1), new(Metrics.IntrinsicReturn, 10, -3), new(Metrics.IntrinsicReturn, 12, 8), new(Metrics.IntrinsicReturn, 11, -2),
        ]);

        var figure = LirpgFigures.PerEpisode(log);

        Assert.Equal([(1.0, -3.0), (2, -2), (6, -1)], log.Episodes);
        Assert.Equal([1, 2], figure.Series[0].X);
        Assert.Equal(6, Assert.Single(figure.Series[1].X));
        Assert.Equal(-1, Assert.Single(figure.Series[1].Y));
        // Deviations from the means 3 and −2: products 2 + 0 + 3, squares 14 and 2.
        Assert.Contains("correlation is 0.94.", figure.Caption);
    }

    [Fact]
    public void RewardLog_OfManySteps_KeepsTheLast_AndComesBackFromACheckpoint()
    {
        var log = new RewardLog(TwoActions, environments: 2);
        for (var update = 0; update < 700; update++)
            log.Add(new Rollout(TwoActions, 2, 3), [6 * update, 6 * update + 1, 6 * update + 2, 6 * update + 3, 6 * update + 4, 6 * update + 5],
                [new(Metrics.EpisodeReturn, update, update), new(Metrics.IntrinsicReturn, update, 2 * update)]);
        using var stream = new MemoryStream();
        using (var writer = new CheckpointWriter(stream))
            log.Save(writer);
        stream.Position = 0;
        var back = new RewardLog(TwoActions, environments: 2);

        back.Load(new CheckpointReader(stream));

        Assert.Equal(stream.Length, stream.Position);
        Assert.Equal(1024, back.Steps);
        Assert.Equal((4199f, 4198f), (back[1023, 1].Learned, back[1023, 0].Learned));
        Assert.Equal(4200 - 2048, back[0, 0].Learned);
        Assert.Equal(100, back.Episodes.Count);
        Assert.Equal((600, 1200), back.Episodes.First());
        // A checkpoint from before there was a log has nothing more to read.
        back.Load(new CheckpointReader(stream));
        Assert.Equal(0, back.Steps);
        Assert.Empty(back.Episodes);
    }

    [Fact]
    public void OverStates_DiscreteActions_IsTheMeanOverThePolicy_InEveryCellThatIsFree()
    {
        var factory = EnvironmentCatalog.Factory(EnvironmentCatalog.Find("four-rooms")!, new FourRoomsConfig { View = FourRoomsView.Coordinates });
        using var experience = new Experience(new EnvironmentBatch(factory, 1, new Rng(1)), null, null);
        var rollout = new Rollout(factory.Spec, 1, 4);

        // The policy goes right with the probability that its place from left to right says; the reward is 10 right and 1 elsewhere.
        var figure = Assert.Single(LirpgFigures.OverStates(
            (_, action) => action[0] == 1 ? 10 : 1, new AcrossPolicy(), factory.Spec.Action, rollout, experience));

        Assert.Equal(13 * 13, figure.Values.Count);
        Assert.Equal(104, figure.Values.Count(double.IsFinite));
        Assert.True(double.IsNaN(figure.Values[0]));
        Assert.Equal(1, figure.Values[1 * 13 + 1], 4);
        Assert.Equal(5.5, figure.Values[3 * 13 + 6], 4);
        Assert.Equal(10, figure.Values[1 * 13 + 11], 4);
        Assert.Equal(("Goal", 9.0, 7.0), (figure.Overlay[0].Name, figure.Overlay[0].X[0], figure.Overlay[0].Y[0]));
        Assert.True(figure is { Map: true, Diverging: true });
    }

    [MujocoFact]
    public void OverStates_AVectorWithoutMaps_IsDrawnOverItsFirstComponentsThatMove()
    {
        var factory = EnvironmentCatalog.Factory(EnvironmentCatalog.Find("swimmer")!);
        using var experience = new Experience(new EnvironmentBatch(factory, 1, new Rng(1)), null, null);
        var rollout = new Rollout(factory.Spec, 1, 2);
        (rollout.Observations[1], rollout.Observations[8 + 1]) = (-41, 41);
        (rollout.Observations[3], rollout.Observations[8 + 3]) = (0, 82);
        (rollout.Observations[7], rollout.Observations[8 + 7]) = (1, 2);

        var figure = Assert.Single(LirpgFigures.OverStates(
            (seen, _) => seen[1] + seen[3] + 1000 * seen[7] + seen[0], new AcrossPolicy(), factory.Spec.Action, rollout, experience));

        Assert.Equal(("observation 2, as the policy sees it", "observation 4, as the policy sees it"), (figure.X.Label, figure.Y.Label));
        Assert.Equal((-40, 1), (figure.Columns[0], figure.Rows[0]));
        // Between the ends of both, and the mean 1.5 of what the plane does not hold.
        Assert.Equal(-40 + 1 + 1500, figure.Values[0], 3);
        Assert.Contains("mean", figure.Caption);
    }

    /// <summary>Of four actions takes the second with the probability that the first observation says, else the first.</summary>
    private sealed class AcrossPolicy : IActor
    {
        private float first;

        public ReadOnlySpan<float> Values => [0f];

        public void Forward(ReadOnlySpan<float> observations, int rows) => first = observations[0];

        public void Sample(Rng rng, Span<float> actions) => throw new NotSupportedException();

        public void Mode(Span<float> actions) => actions.Clear();

        public float Evaluate(ReadOnlySpan<float> actions, Span<float> negativeLogProbabilities)
        {
            negativeLogProbabilities[0] = -MathF.Log(actions[0] switch { 0 => 1 - first, 1 => first, _ => 0 });
            return 0;
        }
    }
}
