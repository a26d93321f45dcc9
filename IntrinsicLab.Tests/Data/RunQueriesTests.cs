using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Data;

public sealed class RunQueriesTests
{
    public static TheoryData<bool> Databases => TestData.Databases;

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task List_EveryOrder_PagesThroughAllOnceWhileRunsArrive(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var first = await AddRuns(data, 57, seed: 1);
        foreach (var key in Enum.GetValues<RunSortKey>())
            foreach (var descending in (bool[])[false, true])
            {
                var sort = new RunSort(key, descending);
                var seen = new List<Guid>();
                Cursor? cursor = null;
                do
                {
                    var page = await data.Queries.List(new RunFilter(), sort, 10, cursor);
                    seen.AddRange(page.Rows.Select(row => row.Id));
                    cursor = page.Next is null ? null : Cursor.Parse(page.Next, sort);
                    await AddRuns(data, 1, seed: seen.Count);
                }
                while (cursor is not null);

                Assert.Equal(seen.Count, seen.Distinct().Count());
                Assert.Empty(first.Select(run => run.Id).Except(seen));
            }
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task List_EachFilter_LeavesWhatItShould(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var runs = await AddRuns(data, 60, seed: 2);
        var cases = new (RunFilter Filter, Func<Run, bool> Expected)[]
        {
            (new() { Algorithms = ["ppo"] }, run => run.Algorithm == "ppo"),
            (new() { Environments = ["catch", "cartpole"] }, run => run.Environment is "catch" or "cartpole"),
            (new() { Statuses = [RunStatus.Failed, RunStatus.Queued] }, run => run.Status is RunStatus.Failed or RunStatus.Queued),
            (new() { Tags = ["even", "third"] }, run => run.Tags.Contains("even") && run.Tags.Contains("third")),
            (new() { Text = "RUN-1 cart" }, run => run.Name.Contains("run-1", StringComparison.OrdinalIgnoreCase) && run.Environment.Contains("cart")),
            (new() { Text = runs[3].Id.ToString() }, run => run.Id == runs[3].Id),
            (new() { Text = "100%_" }, _ => false),
            (new() { Baseline = true }, run => run.Baseline),
            (new() { Ids = [runs[1].Id, runs[2].Id] }, run => run == runs[1] || run == runs[2]),
        };
        foreach (var (filter, expected) in cases)
        {
            var page = await data.Queries.List(filter, RunSort.Newest, 1000);
            Assert.Equal(runs.Where(expected).Select(run => run.Id).Order(), page.Rows.Select(row => row.Id).Order());
            Assert.Equal(page.Rows.Count, await data.Queries.Count(filter));
        }
        Assert.Equal(60, (await data.Queries.CountByStatus(new RunFilter())).Values.Sum());
    }

    [Theory]
    [InlineData("")]
    [InlineData("!")]
    [InlineData("bm9uc2Vuc2U")]
    public void CursorParse_Damaged_IsNull(string text) => Assert.Null(Cursor.Parse(text, RunSort.Newest));

    [Fact]
    public void SortParse_TextForms()
    {
        Assert.Equal(new RunSort(RunSortKey.BestReturn, true), RunSort.Parse("-best-return"));
        Assert.Equal("-best-return", new RunSort(RunSortKey.BestReturn, true).ToString());
        Assert.Null(RunSort.Parse("plan"));
    }

    private static async Task<List<Run>> AddRuns(TestData data, int count, int seed)
    {
        var random = new Random(seed);
        var runs = new List<Run>();
        for (var index = 0; index < count; index++)
        {
            var run = TestData.NewRun($"Run-{index}");
            run.Algorithm = new[] { "ppo", "a2c", "lirpg" }[random.Next(3)];
            run.Environment = new[] { "cartpole", "catch", "deep-sea" }[random.Next(3)];
            run.Status = Enum.GetValues<RunStatus>()[random.Next(9)];
            run.Priority = random.Next(3);
            run.CreatedAt = run.CreatedAt.AddSeconds(random.Next(100));
            run.Seed = random.Next(5);
            run.StepsDone = random.Next(4) * 100;
            run.LastReturn = random.Next(3) == 0 ? null : random.Next(5) / 3.0;
            run.BestReturn = run.LastReturn;
            run.Baseline = random.Next(10) == 0;
            run.Tags = [.. index % 2 == 0 ? ["even"] : Array.Empty<string>(), .. index % 3 == 0 ? ["third"] : Array.Empty<string>()];
            run.Plan = new string('x', 4000);
            runs.Add(run);
        }
        await using var context = data.Context();
        context.Runs.AddRange(runs);
        await context.SaveChangesAsync();
        return runs;
    }
}
