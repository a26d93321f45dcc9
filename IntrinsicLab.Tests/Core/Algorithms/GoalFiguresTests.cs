using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Navigation;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Contracts;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class GoalFiguresTests
{
    private static EnvironmentFactory Field(PointNavigationConfig? config = null) =>
        EnvironmentCatalog.Factory(EnvironmentCatalog.Find("point-navigation")!, config ?? new());

    private static readonly GoalTrial.Acting Straight = (states, goals, _, actions) =>
    {
        for (var i = 0; i < actions.Length; i++)
            actions[i] = Math.Clamp((goals[i] - states[i]) / 0.1f, -1, 1);
    };

    private static readonly GoalTrial.Acting Stay = (_, _, _, actions) => actions.Clear();

    private static IReadOnlyList<Figure> Figures(string algorithm, string environment, string parameters, string environmentParameters = "{}", int updates = 3)
    {
        using var trainer = new Trainer(AlgorithmContractTests.Plan(
            algorithm, environment, parameters: $"{{\"hiddenSizes\": [8], \"warmUpEpisodes\": 1, {parameters}}}", environmentParameters: environmentParameters));
        for (var update = 0; update < updates; update++)
            trainer.Update();
        var figures = trainer.Figures()!.Figures;
        // Asked again, at the same moment, they are the same.
        Assert.Equal(trainer.Figures()!.ToJson(), new FigureSheet(trainer.Figures()!.Step, figures).ToJson());
        return figures;
    }

    [Fact]
    public void Grid_OfAPolicyThatStays_HasTheWholeWayLeftEverywhere_AndOfOneThatGoesNone()
    {
        using var grid = GoalGrid.Of(Field(), 0)!;

        Assert.Equal((20, 20, -0.95, 0.95), (grid.Columns.Length, grid.Rows.Length, Math.Round(grid.Columns[0], 9), Math.Round(grid.Rows[^1], 9)));
        Assert.All(grid.Play(Stay), share => Assert.Equal(1, share, 1e-6));
        Assert.All(grid.Play(Straight), share => Assert.InRange(share, 0, 1e-4));
    }

    [Fact]
    public void Grid_BehindAWall_ShowsWhereTheStraightWayIsStuck()
    {
        using var grid = GoalGrid.Of(Field(new() { Map = FieldMap.Shelf }), 0)!;

        var shares = grid.Play(Straight);

        // The start is under the shelf, which reaches from the left edge to the middle.
        for (var goal = 0; goal < shares.Length; goal++)
        {
            var (x, y) = (grid.Columns[goal % 20], grid.Rows[goal / 20]);
            if (y < 0)
                Assert.InRange(shares[goal], 0, 1e-3);
            else if (x < -0.4 && y > 0.5)
                Assert.InRange(shares[goal], 0.3, 1);
        }
    }

    [Fact]
    public void Grid_OfPictures_MeasuresPlaces()
    {
        using var grid = GoalGrid.Of(Field(new() { Goal = PointGoal.Image }), 0)!;

        Assert.All(grid.Play(Stay), share => Assert.Equal(1, share, 1e-5));
    }

    [Fact]
    public void Grid_OfAMaze_HasGapsWhereNoCellIs()
    {
        using var grid = GoalGrid.Of(EnvironmentCatalog.Factory(EnvironmentCatalog.Find("point-maze")!, null), 0)!;

        var shares = grid.Play(Stay);

        Assert.InRange(shares.Count(double.IsNaN), 100, 350);
        Assert.All(shares.Where(share => !double.IsNaN(share)), share => Assert.Equal(1, share, 1e-5));
    }

    [Fact]
    public void Grid_WhereGoalsMoveOrAreNoPlaces_IsNone()
    {
        Assert.Null(GoalGrid.Of(Field(new() { Goal = PointGoal.Dynamic }), 0));
        Assert.Null(GoalGrid.Of(Field(new() { Goal = PointGoal.Waypoints }), 0));
        foreach (var id in new[] { "three-link-swimmer", "grid-rooms" })
            Assert.Null(GoalGrid.Of(EnvironmentCatalog.Factory(EnvironmentCatalog.Find(id)!, null), 0));
    }

    [Fact]
    public void Gpim_InTheField_ShowsThreeEpisodesOfEachSkill_AMapOfGoals_AndForWhomItsPolicyIsTaken()
    {
        var figures = Figures("gpim", "point-navigation", "\"skillCount\": 4");

        var episodes = Assert.IsType<PathFigure>(figures.Single(figure => figure.Id == "episodes"));
        Assert.Equal(["Skill 1, episode 1", "Skill 1, episode 2", "Skill 1, episode 3", "Skill 2, episode 1"], episodes.Paths.Take(4).Select(path => path.Name));
        Assert.Equal([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], episodes.Paths.Select(path => path.Colour));
        Assert.All(episodes.Paths, path => Assert.True(path.X.Count == 21 && Math.Abs(path.X[0]) <= 0.02 && Math.Abs(path.Y[0]) <= 0.02));
        // Actions are drawn, so that no two are the same way.
        Assert.Equal(12, episodes.Paths.Select(path => path.X[^1]).Distinct().Count());
        var reached = Assert.IsType<HeatFigure>(figures.Single(figure => figure.Id == "reached"));
        Assert.Equal((400, (0.0, 1.5)), (reached.Values.Count, reached.Range!.Value));
        var matrix = Assert.IsType<HeatFigure>(figures.Single(figure => figure.Id == "goal-confusion"));
        for (var row = 0; row < 4; row++)
            Assert.Equal(1, matrix.Values.Skip(4 * row).Take(4).Sum(), 6);
        Assert.DoesNotContain(figures, figure => figure.Id == "ends");
    }

    [Theory]
    [InlineData("last")]
    [InlineData("waypoints")]
    public void Gpim_WithOtherGoals_IsTakenForSkillsToo(string relabel) =>
        Assert.Contains(Figures("gpim", "point-navigation", $"\"skillCount\": 3, \"relabel\": \"{relabel}\""), figure => figure.Id == "goal-confusion");

    [Fact]
    public void OfGoals_OfAPolicyThatArrives_IsThePosteriorAtTheGoals()
    {
        using var discriminator = new Discriminator(new DiscriminatorSettings { Skills = 3, Hidden = [8] }, 2, new Rng(4));
        using var trial = new GoalTrial(Field(), 3, new Rng(5), 0);
        float[] goals = [0.5f, 0.25f, -0.75f, 0.5f, 0.1f, -0.9f];

        var figure = SkillFigures.OfGoals(discriminator, trial, DiscriminatorInput.State, goals, Straight)!;

        var expected = new double[3];
        for (var goal = 0; goal < 3; goal++)
        {
            discriminator.Posterior(goals.AsSpan(2 * goal, 2), expected);
            for (var skill = 0; skill < 3; skill++)
                Assert.Equal(expected[skill], figure.Values[3 * goal + skill], 1e-4);
        }
    }

    [Fact]
    public void Diayn_InAWorldOfOneDimension_HasAHistogramOfEnds()
    {
        var figures = Figures("diayn", "mountain-car", "\"skillCount\": 3, \"episodeSteps\": 40");

        var ends = Assert.IsType<HeatFigure>(figures.Single(figure => figure.Id == "ends"));
        Assert.Equal(("position", 30, 3), (ends.X.Label, ends.Columns.Count, ends.Rows.Count));
        Assert.InRange(ends.Columns[0], -1.2, -1.1);
        for (var skill = 0; skill < 3; skill++)
            Assert.Equal(1, ends.Values.Skip(30 * skill).Take(30).Sum(), 9);
        // Its plane has a position and a velocity: named, each with a scale of its own.
        var ways = Assert.IsType<PathFigure>(figures.Single(figure => figure.Id == "skills"));
        Assert.Equal(("position", "velocity per step", true), (ways.X.Label, ways.Y.Label, ways.FreeScales));
        Assert.False(Assert.IsType<HeatFigure>(figures.Single(figure => figure.Id == "regions")).EqualScales);
        // Twenty episodes each.
        Assert.All(ends.Values, share => Assert.Equal(Math.Round(20 * share), 20 * share, 6));
    }
}
