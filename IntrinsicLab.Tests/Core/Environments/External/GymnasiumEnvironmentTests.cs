using System.Diagnostics;
using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Classic;
using IntrinsicLab.Core.Environments.External;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Environments.External;

public sealed class GymnasiumEnvironmentTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("intrinsiclab-python");

    public void Dispose() => folder.Delete(recursive: true);

    [PythonFact]
    public void Batch_OfPythonsCartPole_MovesAsTheLabsOwn()
    {
        using var python = new EnvironmentBatch(PythonWorlds.Factory(PythonWorlds.Of("CartPole")), 3, new Rng(3));
        python.Reset();
        var own = new CartPole[3];
        for (var index = 0; index < 3; index++)
        {
            own[index] = new CartPole(new CartPoleConfig());
            var row = python.Observations.Slice(4 * index, 4);
            own[index].State = (row[0], row[1], row[2], row[3]);
        }
        var observation = new float[4];

        for (var step = 0; step < 8; step++)
        {
            python.Step([step % 2, (step + 1) % 2, step % 3 % 2]);
            for (var index = 0; index < 3; index++)
            {
                own[index].Step([index == 2 ? step % 3 % 2 : (step + index) % 2], observation);
                for (var value = 0; value < 4; value++)
                    Assert.Equal(observation[value], python.Observations[4 * index + value], 1e-5);
            }
        }
    }

    [PythonFact]
    public void Episodes_WithEqualSeeds_AreEqualWhateverTheBatch()
    {
        Assert.Equal(Play(seed: 5, Actions(60)), Play(seed: 5, Actions(60)));
        Assert.NotEqual(Play(seed: 5, Actions(60)), Play(seed: 6, Actions(60)));
    }

    [PythonFact]
    public void Factory_ItsEnvironments_ShareOneProcessThatEndsWithTheLast()
    {
        var factory = PythonWorlds.Factory(PythonWorlds.Of("CartPole"));
        var (one, other) = ((GymnasiumEnvironment)factory.Create(), (GymnasiumEnvironment)factory.Create());
        one.Reset(new Rng(1), new float[4]);
        other.Reset(new Rng(2), new float[4]);
        var id = one.ProcessId!.Value;

        Assert.Equal(id, other.ProcessId);
        one.Dispose();
        other.Step([1], new float[4]);
        other.Dispose();
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
    }

    [PythonTheory]
    [InlineData("Memory")]
    [InlineData("Reconstructed")]
    public void Load_InMidEpisode_ContinuesBitForBit(string name)
    {
        var factory = PythonWorlds.Factory(PythonWorlds.Of(name), new WrapperConfig { TimeLimit = 20 });
        using var saved = new EnvironmentBatch(factory, 3, new Rng(4));
        using var loaded = new EnvironmentBatch(PythonWorlds.Factory(PythonWorlds.Of(name), new WrapperConfig { TimeLimit = 20 }), 3, new Rng(9));
        saved.Reset();
        for (var step = 0; step < 10; step++)
            saved.Step([1, 0, 1]);

        using var stream = new MemoryStream();
        saved.Save(new BinaryWriter(stream));
        stream.Position = 0;
        loaded.Load(new BinaryReader(stream));

        Assert.Equal(stream.Length, stream.Position);
        for (var step = 0; step < 50; step++)
        {
            saved.Step([step % 2, 0, 1]);
            loaded.Step([step % 2, 0, 1]);
            Assert.Equal(saved.Observations.ToArray(), loaded.Observations.ToArray());
            Assert.Equal(saved.Rewards, loaded.Rewards);
            Assert.Equal(saved.Terminated, loaded.Terminated);
        }
    }

    [PythonFact]
    public void Load_WhereTheStateCannotBeSaved_TruncatesTheEpisode()
    {
        using var saved = PythonWorlds.Create("Faulty", new { fault = "unsaveable" });
        using var loaded = PythonWorlds.Create("Faulty", new { fault = "unsaveable" });
        var observation = new float[2];
        saved.Reset(new Rng(1), observation);
        saved.Step([0], observation);

        using var stream = new MemoryStream();
        saved.Save(new BinaryWriter(stream));
        stream.Position = 0;
        loaded.Load(new BinaryReader(stream), new Rng(2));

        Assert.Equal(new StepResult(0, Terminated: false, Truncated: true), loaded.Step([0], observation));
        Assert.Equal(0.01f, observation[0]);
        Assert.Throws<InvalidOperationException>(() => loaded.Step([0], observation));
        loaded.Reset(new Rng(3), observation);
        Assert.Equal(1, loaded.Step([0], observation).Reward);
    }

    [PythonFact]
    public void Step_ThatCostsALife_SaysSoAlsoAfterLoading()
    {
        using var played = PythonWorlds.Create("Lives");
        var observation = new float[1];
        played.Reset(new Rng(1), observation);
        Assert.Equal([false, true], new float[] { 0, 1 }.Select(action => played.Step([action], observation).LifeLost));

        using var stream = new MemoryStream();
        played.Save(new BinaryWriter(stream));
        stream.Position = 0;
        using var loaded = PythonWorlds.Create("Lives");
        loaded.Load(new BinaryReader(stream), new Rng(1));
        Assert.Equal(new StepResult(1, Terminated: false, Truncated: false) { LifeLost = true }, loaded.Step([1], observation));
        Assert.Equal(new StepResult(1, Terminated: true, Truncated: false) { LifeLost = true }, loaded.Step([1], observation));
        loaded.Reset(new Rng(1), observation);
        Assert.False(loaded.Step([0], observation).LifeLost);
    }

    [PythonFact]
    public void Step_WhatIsNoAction_IsRefused()
    {
        using var choice = PythonWorlds.Create("CartPole");
        using var real = PythonWorlds.Create("Echo");
        Assert.Throws<InvalidOperationException>(() => choice.Step([0], new float[4]));
        choice.Reset(new Rng(1), new float[4]);
        real.Reset(new Rng(1), new float[2]);

        foreach (var wrong in (float[][])[[2], [-1], [0.5f], [float.NaN], [], [0, 0]])
        {
            choice.Announce(wrong);
            Assert.Throws<ArgumentException>(() => choice.Step(wrong, new float[4]));
        }
        foreach (var wrong in (float[][])[[0], [0, float.NaN], [0, float.PositiveInfinity]])
        {
            real.Announce(wrong);
            Assert.Throws<ArgumentException>(() => real.Step(wrong, new float[2]));
        }
        Assert.Equal(1, choice.Step([0], new float[4]).Reward);
    }

    [PythonFact]
    public void Render_OfAnEnvironmentThatDraws_IsASmallPicture()
    {
        using var pole = PythonWorlds.Create("CartPole");
        using var echo = PythonWorlds.Create("Echo");
        pole.Reset(new Rng(1), new float[4]);
        echo.Reset(new Rng(1), new float[2]);
        var image = pole.Render()!.Image!;

        Assert.Equal((150, 50, 3 * 150 * 50), (image.Columns, image.Rows, image.Rgb.Length));
        Assert.Contains((byte)0, image.Rgb);
        Assert.Equal(0.02, pole.Spec.SecondsPerStep);
        Assert.Null(echo.Render());
    }

    [PythonFact]
    public void Gymnasium_AnId_IsMadeFromTheRegistry()
    {
        var python = PythonWorlds.InterpreterWith(folder, Path.Combine(PythonWorlds.Folder, "fake"), PythonWorlds.Folder);
        var registered = PythonWorlds.Factory(new GymnasiumConfig { Python = python });
        var other = PythonWorlds.Factory(new GymnasiumConfig { Python = python, Environment = "Third/Pole-v0", Import = "third_party" });
        var prefixed = PythonWorlds.Factory(new GymnasiumConfig { Python = python, Environment = "third_party:Third/Pole-v0" });

        Assert.Equal((500, 475), (registered.Spec.TimeLimit, registered.Spec.SolvedAt));
        Assert.Equal((200, 200), (other.Spec.TimeLimit, prefixed.Spec.TimeLimit));
        using var environment = registered.Create();
        environment.Reset(new Rng(1), new float[4]);
        Assert.NotNull(environment.Render());
    }

    [PythonFact]
    public void Gymnasium_AnUnknownId_NamesNearOnes()
    {
        var python = PythonWorlds.InterpreterWith(folder, Path.Combine(PythonWorlds.Folder, "fake"), PythonWorlds.Folder);

        var error = Assert.Throws<ArgumentException>(() => PythonWorlds.Factory(new GymnasiumConfig { Python = python, Environment = "CartPol-v1" }));
        Assert.Contains("Near ones: CartPole-v1.", error.Message, StringComparison.Ordinal);
    }

    [PythonFact]
    public void Gymnasium_NotInstalled_SaysHowToInstallIt()
    {
        // A module of this name that is not there, whatever the machine has.
        File.WriteAllText(Path.Combine(folder.FullName, "gymnasium.py"), "raise ModuleNotFoundError(\"No module named 'gymnasium'\", name='gymnasium')\n");
        var python = PythonWorlds.InterpreterWith(folder, folder.FullName);

        var error = Assert.Throws<ArgumentException>(() => PythonWorlds.Factory(new GymnasiumConfig { Python = python }));
        Assert.Contains("-m pip install gymnasium", error.Message, StringComparison.Ordinal);
    }

    [PythonTheory]
    [InlineData("no-such-python", "CartPole-v1", "{}", "/environmentParameters/python", "no Python interpreter 'no-such-python'")]
    [InlineData("/bin/false", "CartPole-v1", "{}", "/environmentParameters/environment", "the Python process ended with code 1")]
    [InlineData("", " ", "{}", "/environmentParameters/environment", "Name the environment")]
    [InlineData("", "worlds.py:CartPole", "{}", "/environmentParameters/environment", "Give the whole path")]
    [InlineData("", "/nowhere/worlds.py:CartPole", "{}", "/environmentParameters/environment", "There is no file '/nowhere/worlds.py'")]
    [InlineData("", "/nowhere/worlds.py", "{}", "/environmentParameters/environment", "Say which class of the file is meant")]
    [InlineData("", "no_such_module:CartPole", "{}", "/environmentParameters/environment", "There is no module 'no_such_module'")]
    [InlineData("", "FILE:CartPol", "{}", "/environmentParameters/environment", "Did you mean 'CartPole'?")]
    [InlineData("", "FILE:NOT_CALLABLE", "{}", "/environmentParameters/environment", "not a class or function")]
    [InlineData("", "FILE:NoSpaces", "{}", "/environmentParameters/environment", "it has no observation_space")]
    [InlineData("", "FILE:Faulty", """{"fault": "constructor"}""", "/environmentParameters/environment", "ValueError: no such level: 99")]
    [InlineData("", "FILE:CartPole", """{"length": 3}""", "/environmentParameters/environment", "unexpected keyword argument 'length'")]
    [InlineData("", "FILE:CartPole", "[1]", "/environmentParameters/arguments", "not a JSON object")]
    [InlineData("", "FILE:CartPole", "{", "/environmentParameters/arguments", "no JSON")]
    public void Plan_ThatNamesNoEnvironment_HasAProblemThere(string python, string environment, string arguments, string pointer, string wanted)
    {
        var config = new GymnasiumConfig { Python = python, Environment = environment.Replace("FILE", PythonWorlds.File), Arguments = arguments };
        var (_, problems) = PythonWorlds.Plan(config);

        var problem = Assert.Single(problems);
        Assert.Equal(pointer, problem.Pointer);
        Assert.Contains(wanted, problem.Message, StringComparison.Ordinal);
    }

    [PythonFact]
    public void Plan_ReadAgain_DoesNotStartPythonAgainUntilTheFileChanges()
    {
        var counted = Path.Combine(folder.FullName, "starts");
        var file = Path.Combine(folder.FullName, "counted.py");
        File.WriteAllText(file, $"open({Quoted(counted)}, 'a').write('x')\nfrom worlds import CartPole as World\n");
        var config = new GymnasiumConfig { Python = PythonWorlds.InterpreterWith(folder, PythonWorlds.Folder), Environment = $"{file}:Here" };
        File.AppendAllText(file, "class Here(World): pass\n");

        Assert.NotNull(PythonWorlds.Plan(config).Plan);
        Assert.NotNull(PythonWorlds.Plan(config).Plan);
        Assert.Equal("x", File.ReadAllText(counted));
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(1));
        Assert.NotNull(PythonWorlds.Plan(config).Plan);
        Assert.Equal("xx", File.ReadAllText(counted));
    }

    [PythonTheory]
    [InlineData("exception", "failed in step: IndexError: list index out of range", "return values[7]")]
    [InlineData("exit", "it called sys.exit(enough).", "step_exit")]
    [InlineData("end", "the Python process ended with code 3", "the engine broke down")]
    [InlineData("nan", "observation[1] is NaN.", "")]
    [InlineData("shape", "observation has the shape [3], but its space [2].", "")]
    [InlineData("words", "holds values that are no numbers.", "")]
    [InlineData("reward", "the reward is 'much', not a number.", "")]
    [InlineData("endless-reward", "the reward is Infinity.", "")]
    [InlineData("flag", "terminated is None, neither True nor False.", "")]
    [InlineData("old-step", "step returned 4 values where (observation, reward, terminated, truncated, info) belong.", "")]
    public void Step_ThatGoesWrong_FailsTheTrainingWithPythonsWords(string fault, string message, string traceback)
    {
        var plan = PythonWorlds.Plan(PythonWorlds.Of("Faulty", new { fault })).Plan!;

        var error = Assert.Throws<InvalidOperationException>(() => PythonWorlds.Train(plan));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(traceback, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("gymnasium_bridge", error.Message, StringComparison.Ordinal);
    }

    [PythonTheory]
    [InlineData("reset", "RuntimeError: the maze has no exit")]
    [InlineData("old-reset", "reset returned [0.0, 0.0] where (observation, info) belongs.")]
    public void Reset_ThatGoesWrong_FailsWithPythonsWords(string fault, string message)
    {
        using var environment = PythonWorlds.Create("Faulty", new { fault });

        var error = Assert.Throws<InvalidOperationException>(() => environment.Reset(new Rng(1), new float[2]));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [PythonFact]
    public void Step_ThatHangs_FailsAfterItsTime()
    {
        var config = PythonWorlds.Of("Faulty", new { fault = "hang", when = 1 }) with { StepTimeout = 0.5 };
        using var environment = PythonWorlds.Factory(config).Create();
        environment.Reset(new Rng(1), new float[2]);

        var error = Assert.Throws<InvalidOperationException>(() => environment.Step([0], new float[2]));
        Assert.Contains("gave no answer in time", error.Message, StringComparison.Ordinal);
    }

    [PythonFact]
    public void Step_OfAKilledProcess_FailsWithTheSignal()
    {
        using var environment = (GymnasiumEnvironment)PythonWorlds.Create("CartPole");
        environment.Reset(new Rng(1), new float[4]);
        using (var process = Process.GetProcessById(environment.ProcessId!.Value))
            process.Kill();

        var error = Assert.Throws<InvalidOperationException>(() => environment.Step([0], new float[4]));
        Assert.Contains("the Python process was ended by signal 9", error.Message, StringComparison.Ordinal);
    }

    [PythonFact]
    public void Step_ThatLeavesItsSpace_PassesTheValueOn()
    {
        using var environment = PythonWorlds.Create("Faulty", new { fault = "outside", when = 1 });
        var observation = new float[2];
        environment.Reset(new Rng(1), observation);
        environment.Step([0], observation);

        Assert.Equal(2, observation[0]);
    }

    private static string Quoted(string text) => $"'{text}'";

    private static float[][] Actions(int steps) => [.. Enumerable.Range(0, steps).Select(step => (float[])[step % 2, step / 2 % 2])];

    private static List<float> Play(ulong seed, float[][] actions)
    {
        using var batch = new EnvironmentBatch(PythonWorlds.Factory(PythonWorlds.Of("Memory")), 2, new Rng(seed));
        var seen = new List<float>();
        batch.Reset();
        foreach (var action in actions)
        {
            seen.AddRange(batch.Observations);
            batch.Step(action);
        }
        return seen;
    }
}
