using IntrinsicLab.Data.Imports;

namespace IntrinsicLab.Tests.Data;

public class CurveFileTests
{
    private static CurveFile Read(string text, ImportDefaults? defaults = null) => CurveFile.Read(new StringReader(text), defaults ?? new());

    private static IEnumerable<(int, int)> Places(CurveFile file) => file.Problems.Select(problem => (problem.Line, problem.Column));

    [Fact]
    public void Monitor_OfStableBaselines_SumsLengthsAndAveragesReturns()
    {
        var rows = string.Join('\n', Enumerable.Range(1, 102).Select(episode => $"{episode}.0,10,{episode * 0.5:0.0}"));
        var file = Read($"#{{\"t_start\": 1700000000.5, \"env_id\": \"CartPole-v1\"}}\nr,l,t\n{rows}\n", new() { Algorithm = "sb3-ppo", Seed = 4 });

        Assert.Empty(file.Problems);
        var run = Assert.Single(file.Runs);
        Assert.Equal(("sb3-ppo-cartpole-4", "sb3-ppo", "cartpole", 4, 1020L), (run.Name, run.Algorithm, run.Environment, run.Seed, run.Steps));
        Assert.Equal(["episode/length", "progress/episodes", "return/episode", "return/extrinsic"], run.Series.Keys.Order(StringComparer.Ordinal));
        var returns = run.Series["return/extrinsic"];
        // Means of 1, of 1 to 100, and of 3 to 102.
        Assert.Equal((10L, 1.0), (returns.Steps[0], returns.Values[0]));
        Assert.Equal((1000L, 50.5), (returns.Steps[99], returns.Values[99]));
        Assert.Equal((1020L, 52.5, 51.0), (returns.Steps[101], returns.Values[101], returns.Seconds![101]));
        Assert.Equal(102, run.Series["return/episode"].Values[101]);
    }

    [Fact]
    public void Wide_OfSeveralRuns_TakesEachColumnForWhatItIs()
    {
        var file = Read("""
            run;algo;env_id;seed;global_step;wall_time;rollout/ep_rew_mean;losses/value loss;comment
            a;dqn;MinAtar/Breakout-v1;1;0;1700000000;1,5
            """.Replace(",", ".", StringComparison.Ordinal) + ";0.5;first\na;dqn;MinAtar/Breakout-v1;1;1e3;1700000002;2;;\nb;dqn;Breakout-v4;2;10;1700000009;NaN;-inf;x\n");

        Assert.Empty(file.Problems);
        Assert.Equal("table with a column per metric", file.Format);
        Assert.Equal(["names of runs", "algorithm", "environment", "seed", "environment steps", "seconds", "the metric return/extrinsic",
            "the metric losses/value_loss", "left out, as it holds text"], file.Columns.Select(column => column.Meaning));
        Assert.Equal([("b", "Breakout-v4"), ("a", "breakout")], file.Runs.Select(run => (run.Name, run.Environment)));
        var first = file.Runs[1].Series["return/extrinsic"];
        Assert.Equal([0L, 1000L], first.Steps);
        Assert.Equal([1.5, 2], first.Values);
        Assert.Equal([0.0, 2.0], first.Seconds!);
        Assert.Equal([0.5], file.Runs[1].Series["losses/value_loss"].Values);
        Assert.Equal(double.NaN, file.Runs[0].Series["return/extrinsic"].Values[0]);
        Assert.Equal(double.NegativeInfinity, file.Runs[0].Series["losses/value_loss"].Values[0]);
    }

    [Fact]
    public void Long_WithMetricAndValue_MakesSeries()
    {
        var file = Read("\"name\",step,metric,value\n\"x, \"\"quoted\"\"\",1,charts/episodic_return,3\n\"x, \"\"quoted\"\"\",2,charts/episodic_return,5\nother,2,loss,1\n");

        Assert.Empty(file.Problems);
        Assert.Equal("table with metric and value", file.Format);
        var run = file.Runs.Single(each => each.Name == "x, \"quoted\"");
        Assert.Equal([3.0, 5.0], run.Series["return/episode"].Values);
        Assert.Equal([3.0, 4.0], run.Series["return/extrinsic"].Values);
        Assert.Contains(file.Columns, column => column.Meaning.Contains("mean of the last 100 episodes", StringComparison.Ordinal));
        Assert.Contains(file.Warnings, warning => warning.StartsWith("The environment is not known", StringComparison.Ordinal));
    }

    [Fact]
    public void TensorBoard_NamesItsMetricInTheFile()
    {
        var file = Read("Wall time,Step,Value\n1700000000.1,128,20\n1700000001.1,256,30\n", new() { File = "run-.-tag-charts_episodic_return.csv", Environment = "HalfCheetah-v5" });

        Assert.Empty(file.Problems);
        Assert.Equal("TensorBoard's table of one scalar", file.Format);
        var run = Assert.Single(file.Runs);
        Assert.Equal("half-cheetah", run.Environment);
        Assert.Equal([20.0, 30.0], run.Series["return/episode"].Values);
        Assert.Equal(1.0, run.Series["return/extrinsic"].Seconds![1], 6);
        Assert.Equal("loss", Assert.Single(Read("step,value\n1,2\n", new() { Metric = "loss" }).Runs).Series.Keys.Single());
    }

    [Fact]
    public void Version_OfAGymnasiumId_BecomesAParameter()
    {
        var run = Assert.Single(Read("env,step,return\nHopper-v5,1,2\n").Runs);

        Assert.Equal("hopper", run.Environment);
        Assert.Equal("v5", (string?)run.EnvironmentParameters["version"]);
    }

    [Fact]
    public void BadLines_AreAllToldWithTheirPlaces()
    {
        var file = Read("run,seed,step,return\na,1,10,1\na,x,20,2\na,1,-5,3\na,1,30,two\na,1,40\na,1,2.5,4\na,1,50,\n");

        Assert.Equal([(3, 2), (4, 3), (5, 4), (6, 0), (7, 3)], Places(file));
        Assert.Equal(5, file.ProblemCount);
        Assert.Contains("'two' is no number", file.Problems[2].Message);
        Assert.Contains("4 fields", Read("a,b,step,return\n1,2,3\n").Problems[0].Message.Replace("headings are 4", "4 fields", StringComparison.Ordinal));
        Assert.Empty(file.Runs);
    }

    [Theory]
    [InlineData("", 1, "The file is empty")]
    [InlineData("a,b\n1,2\n", 1, "No column of steps")]
    [InlineData("step,seed\n1,2\n", 1, "No column of values")]
    [InlineData("step,global_step,return\n1,2,3\n", 1, "both mean the step")]
    [InlineData("step,return\n", 2, "no values")]
    [InlineData("step,return\n1,\"2\n3", 2, "has no end")]
    [InlineData("step,return\n1,two\n2,three\n", 2, "'two' is no number")]
    [InlineData("step,return,loss\n1,two,1\n2,3,2\n", 2, "'two' is no number")]
    [InlineData("#{broken\nr,l,t\n", 1, "as JSON")]
    [InlineData("#{}\na,b\n", 2, "the columns r and l")]
    [InlineData("#{}\nr,l,t\n1,0,1\n", 3, "at least 1")]
    public void Faulty_IsRefusedWithAReason(string text, int line, string reason)
    {
        var problem = Assert.Single(Read(text).Problems);

        Assert.Equal(line, problem.Line);
        Assert.Contains(reason, problem.Message);
    }

    [Fact]
    public void ManyFaults_AreCountedAndTheFirstShown()
    {
        var file = Read("step,return\n" + string.Concat(Enumerable.Range(0, 300).Select(step => $"{step},x{step}\n").Prepend("0,1\n")));

        Assert.Equal(300, file.ProblemCount);
        Assert.Equal(50, file.Problems.Count);
    }

    [Fact]
    public void Hash_FollowsFromContentAlone()
    {
        const string Table = "run,step,return\na,1,2\na,2,3\n";
        var hash = Read(Table).Runs[0].Hash;

        Assert.Equal(hash, Read(Table, new() { File = "other.csv", Name = "renamed" }).Runs[0].Hash);
        Assert.NotEqual(hash, Read(Table.Replace("2,3", "2,4", StringComparison.Ordinal)).Runs[0].Hash);
        Assert.NotEqual(hash, Read(Table, new() { Seed = 2 }).Runs[0].Hash);
    }
}
