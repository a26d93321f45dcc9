using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.External;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Environments.External;

/// <summary>The preparation of Atari's games, on a game of our own: Python/worlds.py, Arcade.</summary>
public sealed class AtariTests : IDisposable
{
    private const int Side = 84;
    private const float Idle = 0, Right = 2, Left = 3;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("intrinsiclab-atari");
    private readonly float[] picture = new float[Side * Side];

    public void Dispose() => folder.Delete(recursive: true);

    private string Log => Path.Combine(folder.FullName, "actions");

    // What the game was told since the last call: one digit a frame, a bar for a reset.
    private string Told()
    {
        var told = File.ReadAllText(Log);
        File.WriteAllText(Log, "");
        return told;
    }

    private static GymnasiumConfig Of(object arguments) => PythonWorlds.Of("Arcade", arguments) with { Atari = true };

    private static IEnvironment Create(object arguments, WrapperConfig? wrappers = null) => PythonWorlds.Factory(Of(arguments), wrappers).Create();

    [PythonFact]
    public void Reset_IdlesForARandomTimeAndFires()
    {
        using var game = Create(new { log = Log });
        var idled = new List<int>();
        for (ulong seed = 1; seed <= 8; seed++)
        {
            game.Reset(new Rng(seed), picture);
            var told = Told();
            Assert.Matches("^[|]0{1,30}11112222$", told);
            idled.Add(told.Length - 9);
        }

        Assert.True(idled.Distinct().Count() > 3, string.Join(", ", idled));
    }

    [PythonFact]
    public void Reset_OfAGameWithoutFire_OnlyIdles()
    {
        using var game = Create(new { log = Log, fires = false });
        game.Reset(new Rng(1), picture);

        Assert.Matches("^[|]0{1,30}$", Told());
    }

    [PythonFact]
    public void Step_IsFourFrames_WhoseRewardsAreSummed()
    {
        using var game = Create(new { log = Log });
        game.Reset(new Rng(1), picture);
        Told();

        Assert.Equal(new StepResult(4, Terminated: false, Truncated: false), game.Step([Right], picture));
        Assert.Equal(new StepResult(0, Terminated: false, Truncated: false), game.Step([Idle], picture));
        Assert.Equal("22220000", Told());
    }

    // Both pixels flicker; grey of pure red is 0.299 · 255 = 76. A pixel of 6 × 4 becomes 14 × 21.
    [PythonFact]
    public void Observation_IsTheBrighterOfTwoFrames_InGreyAndLarger()
    {
        using var game = Create(new { });
        game.Reset(new Rng(1), picture);
        game.Step([Idle], picture);

        Assert.Equal([Side, Side, 1], game.Spec.Observation.Shape);
        for (var row = 0; row < Side; row++)
            for (var column = 0; column < Side; column++)
                Assert.Equal(row < 14 && column < 21 ? 76 / 255f : row >= 70 && column >= 63 ? 1 : 0, picture[row * Side + column]);
    }

    // 126 columns become 84, of 1.5 pixels each: the first has all of the red one and half a black one, so 76 / 1.5 = 51 of 255. The last is
    // white by two thirds. The 105 rows likewise, of 1.25 pixels each: 76 / 1.5 / 1.25 = 41, rounded once, and 255 · 2/3 · 4/5 = 136.
    [PythonTheory]
    [InlineData(6, 51, 170)]
    [InlineData(105, 41, 136)]
    public void Observation_SmallerThanTheFrame_IsItsMeanByArea(int rows, int first, int last)
    {
        using var game = Create(new { rows, columns = 126 });
        game.Reset(new Rng(1), picture);
        game.Step([Idle], picture);

        Assert.Equal((first / 255f, 0, last / 255f), (picture[0], picture[1], picture[^1]));
    }

    [PythonFact]
    public void Observation_OfGreyFrames_StaysAsBright()
    {
        using var game = Create(new { grey = true });
        game.Reset(new Rng(1), picture);
        game.Step([Idle], picture);

        Assert.Equal((120 / 255f, 1), (picture[0], picture[^1]));
    }

    [NumpyTheory]
    [InlineData(210, 160, false)]
    [InlineData(250, 160, true)]
    [InlineData(6, 4, false)]
    public void Observation_MadeByNumpy_IsTheSame(int rows, int columns, bool grey)
    {
        using var lists = Create(new { rows, columns, grey });
        using var arrays = Create(new { rows, columns, grey, arrays = true });
        var other = new float[picture.Length];
        lists.Reset(new Rng(1), picture);
        arrays.Reset(new Rng(1), other);

        for (var step = 0; step < 3; step++)
        {
            Assert.Equal(picture, other);
            lists.Step([Right], picture);
            arrays.Step([Right], other);
        }
    }

    [PythonFact]
    public void LostLife_FiresForTheNextAndKeepsTheScore()
    {
        using var game = Create(new { log = Log });
        game.Reset(new Rng(1), picture);
        Told();

        // The life goes in the first of four frames; the game then waits through the others.
        Assert.Equal(new StepResult(4, Terminated: false, Truncated: false) { LifeLost = true }, game.Step([Left], picture));
        Assert.Equal("3333" + "000011112222", Told());
        Assert.Equal(4, game.Step([Right], picture).Reward);
        game.Step([Left], picture);
        Told();
        Assert.Equal(new StepResult(0, Terminated: true, Truncated: false) { LifeLost = true }, game.Step([Left], picture));
        Assert.Equal("3", Told());
    }

    [PythonFact]
    public void LearnersWrappers_EndItsEpisodeAtALifeAndShowSigns_ScoresAreWhole()
    {
        var wrappers = new WrapperConfig { EpisodicLife = true, RewardSign = true, FrameStack = 4 };
        using var batch = new EnvironmentBatch(PythonWorlds.Factory(Of(new { }), wrappers), 1, new Rng(1));
        batch.Reset();
        Assert.Equal([Side, Side, 4], batch.Spec.Observation.Shape);

        foreach (var (action, reward, ended, games) in ((float, double, bool, int)[])
            [(Right, 1, false, 0), (Left, 1, true, 0), (Left, 1, true, 0), (Right, 1, false, 0), (Left, 0, true, 1)])
        {
            batch.Step([action]);
            Assert.Equal((reward, ended, games), (batch.Rewards[0], batch.Terminated[0], batch.Ended.Count));
        }
        Assert.Equal((16, 5), (batch.Ended[0].Return, batch.Ended[0].Length));
    }

    [PythonFact]
    public void Load_InMidGame_ContinuesBitForBit()
    {
        using var saved = Create(new { });
        using var loaded = Create(new { });
        var other = new float[picture.Length];
        saved.Reset(new Rng(1), picture);
        saved.Step([Left], picture);

        using var stream = new MemoryStream();
        saved.Save(new BinaryWriter(stream));
        stream.Position = 0;
        loaded.Load(new BinaryReader(stream), new Rng(2));

        foreach (var action in (float[])[Idle, Right, Left, Left])
        {
            Assert.Equal(saved.Step([action], picture), loaded.Step([action], other));
            Assert.Equal(picture, other);
        }
    }

    [PythonFact]
    public void Spec_CountsActionsNotFrames()
    {
        using var game = Create(new { });

        Assert.Equal((101, 4.0 / 60), (game.Spec.TimeLimit, game.Spec.SecondsPerStep));
    }

    [PythonTheory]
    [InlineData("Arcade", """{"frameskip": 4}""", "skips frames itself (4), which 'atari' does: add \"frameskip\": 1 to its arguments.")]
    [InlineData("CartPole", "{}", "is no Atari game")]
    public void Plan_WhatCannotBePrepared_HasAProblem(string name, string arguments, string wanted)
    {
        var (_, problems) = PythonWorlds.Plan(PythonWorlds.Of(name) with { Arguments = arguments, Atari = true });

        var problem = Assert.Single(problems);
        Assert.Equal("/environmentParameters/environment", problem.Pointer);
        Assert.Contains(wanted, problem.Message, StringComparison.Ordinal);
    }

    // Figure 2: 8 games × (A2C, bonus, 6 weights of the learned reward × 4 of its value loss) × 5 seeds; figure 3: 3 games.
    [PythonTheory]
    [InlineData("lirpg-fig2", 8 * (2 + 6 * 4) * 5, 0.05)]
    [InlineData("lirpg-fig3", 3, 0.01)]
    public void PlanOfAFigure_WhereItsGamesAre_IsWholeAndRuns(string name, int runs, double lastWeight)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "experiments", $"{name}.json")))!;
        json["environmentParameters"]!["*"]!["python"] =
            PythonWorlds.InterpreterWith(folder, Path.Combine(PythonWorlds.Folder, "fake"), PythonWorlds.Folder);
        var problems = new List<Problem>();

        var plan = ExperimentPlan.Read(JsonSerializer.SerializeToElement(json), problems);

        Assert.Empty(problems);
        Assert.Equal(runs, plan!.Runs.Count);
        var last = Assert.IsType<LirpgConfig>(plan.Runs[^1].Parameters);
        Assert.Equal((LirpgOptimizer.A2c, lastWeight, 16, 5), (last.Optimizer, last.IntrinsicCoefficient, last.Environments, last.StepsPerRollout));
        Assert.Equal([Side, Side, 4], plan.Runs[^1].CreateEnvironments().Spec.Observation.Shape);
        using var trainer = new Trainer(plan.Runs[^1] with { Steps = 1, Parameters = last with { Environments = 2, StepsPerRollout = 2 } });
        Assert.Equal(4, trainer.Update().Steps);
    }
}
