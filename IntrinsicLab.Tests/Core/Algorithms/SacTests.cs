using System.Text.Json;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using TorchSharp;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class SacTests
{
    private static readonly SacConfig Small = new()
    {
        RandomSteps = 50,
        LearningStarts = 50,
        BatchSize = 16,
        HiddenSizes = [16],
        BufferSize = 5000,
        StepsPerUpdate = 100,
    };

    private static Sac Make(SacConfig config, string environment = "pendulum")
    {
        var plan = Plan(environment, "{}", []);
        return new Sac(config, new TrainingSetup(plan!.CreateEnvironments(), 10_000, new Rng(1), torch.CPU));
    }

    private static RunPlan? Plan(string environment, string parameters, List<Problem> problems) => RunPlan.Read(
        JsonDocument.Parse($$"""{"algorithm": "sac", "environment": "{{environment}}", "steps": 10000, "parameters": {{parameters}}}""").RootElement, problems);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Update_UpToATimeLimit_RemembersAnEndOfTheEpisodeAndNotOfTheTask(int environments)
    {
        using var learner = Make(Small with { Environments = environments, StepsPerUpdate = 201 });
        var buffer = learner.Buffer;

        learner.Update();

        Assert.Equal(201 * environments, buffer.Count);
        for (var row = 0; row < buffer.Count; row++)
        {
            Assert.False(buffer.Terminated(row));
            Assert.Equal(row / environments == 199, buffer.EpisodeEnded(row));
            var ended = row / environments >= 199;
            // What comes next is the next row's observation, but behind the limit it is the last of the old episode.
            if (row + environments < buffer.Count)
                Assert.Equal(!ended, buffer[row, buffer.NextObservation].SequenceEqual(buffer[row + environments, buffer.Observation]));
        }
    }

    [Fact]
    public void Update_WithBoundsBeyondOne_KeepsThePolicysActionsAndTellsTheWorldScaledOnes()
    {
        using var learner = Make(Small with { StepsPerUpdate = 150 });
        var buffer = learner.Buffer;

        learner.Update();

        Assert.All(Enumerable.Range(0, buffer.Count), row => Assert.InRange(buffer[row, buffer.Action][0], -1, 1));
        // Pendulum pays -(angle^2 + 0.1*rate^2 + 0.001*torque^2), torque within 2.
        for (var row = 0; row < buffer.Count; row++)
        {
            var seen = buffer[row, buffer.Observation];
            var torque = 2 * buffer[row, buffer.Action][0];
            var angle = Math.Atan2(seen[1], seen[0]);
            Assert.Equal(-(angle * angle + 0.1 * seen[2] * seen[2] + 0.001 * torque * torque), buffer[row, buffer.Reward][0], 1e-4);
        }
    }

    [Fact]
    public void Update_InOtherPieces_GivesTheSame()
    {
        using var coarse = Make(Small);
        using var fine = Make(Small with { StepsPerUpdate = 25 });

        for (var update = 0; update < 2; update++)
            coarse.Update();
        for (var update = 0; update < 8; update++)
            fine.Update();

        var (first, second) = (new float[1], new float[1]);
        coarse.Policy.Act([1, 0, 0.5f], first);
        fine.Policy.Act([1, 0, 0.5f], second);
        Assert.Equal(first, second);
        for (var row = 0; row < 200; row++)
            Assert.True(coarse.Buffer[row, coarse.Buffer.Action].SequenceEqual(fine.Buffer[row, fine.Buffer.Action]));
    }

    [Theory]
    [InlineData(1, 1, 1, 50)]
    [InlineData(1, 4, 2, 26)]
    [InlineData(2, 4, 1, 38)]
    public void Update_WithRarerTurns_TakesAsManyGradientStepsAsSaid(int environments, int frequency, int gradientSteps, int expected)
    {
        using var learner = Make(Small with { Environments = environments, TrainFrequency = frequency, GradientSteps = gradientSteps });

        learner.Update();

        Assert.Equal(expected, learner.GradientStepsTaken);
    }

    [Fact]
    public void Update_OfALearnerThatDiverges_StopsWithAReason()
    {
        using var learner = Make(Small with { CriticLearningRate = 1000, HiddenSizes = [64, 64, 64, 64, 64] });

        var error = Assert.Throws<DivergedException>(() =>
        {
            for (var update = 0; update < 20; update++)
                learner.Update();
        });

        Assert.Contains(error.Metric, Metrics.OfSoftActorCritics.Select(metric => metric.Path));
        Assert.Contains("smaller learning rate", error.Message);
    }

    [Fact]
    public void Figures_AfterAnEpisode_ShowItsValuesAndTheStates()
    {
        using var learner = Make(Small);
        for (var update = 0; update < 3; update++)
            learner.Update();

        var figures = learner.Figures();

        var values = Assert.IsType<LineFigure>(figures[0]);
        Assert.Equal(200, values.Series[0].X.Count);
        // The last step's return is its reward.
        Assert.Equal(learner.Buffer[199, learner.Buffer.Reward][0], values.Series[1].Y[199], 5);
        Assert.Contains(figures, figure => figure.Id == "value-map");
    }

    [Theory]
    [InlineData("humanoid", """{"bufferSize": 100000000}""", "/parameters/bufferSize")]
    [InlineData("pendulum", """{"environments": 8, "bufferSize": 4}""", "/parameters/bufferSize")]
    [InlineData("pendulum", """{"lowestLogDeviation": 1, "highestLogDeviation": 0}""", "/parameters/lowestLogDeviation")]
    public void Plan_ThatCannotBeRun_IsRefusedAtItsPlace(string environment, string parameters, string pointer)
    {
        var problems = new List<Problem>();

        Assert.Null(Plan(environment, parameters, problems));

        Assert.Equal(pointer, Assert.Single(problems).Pointer);
    }
}
