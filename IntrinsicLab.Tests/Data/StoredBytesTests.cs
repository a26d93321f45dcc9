using System.Text;
using IntrinsicLab.Data;
using IntrinsicLab.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Tests.Data;

/// <summary>Checkpoints, artifacts, logs, backups: what is stored whole, and what happens when it cannot be.</summary>
public sealed class StoredBytesTests
{
    public static TheoryData<bool> Databases => TestData.Databases;

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Checkpoints_TheNewestDamaged_TheOneBeforeIsLoaded(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var run = await data.AddRun();
        foreach (var step in (long[])[10, 20, 30])
            await data.Metrics.Append(run.Id, 1, [new("m", step, 0, step)], new NewCheckpoint(step, 1, 2, Encoding.UTF8.GetBytes($"at {step}")));
        await using (var context = data.Context())
        {
            Assert.Equal([20, 30], await context.Checkpoints.OrderBy(each => each.Step).Select(each => each.Step).ToListAsync());
            await context.Checkpoints.Where(each => each.Step == 30)
                .ExecuteUpdateAsync(set => set.SetProperty(each => each.Content, Encoding.UTF8.GetBytes("at 3o")));
        }

        var damaged = new List<long>();
        var loaded = await data.Checkpoints.LoadLastGood(run.Id, damaged: damaged.Add);

        Assert.Equal("at 20", Encoding.UTF8.GetString(loaded!.Content));
        Assert.Equal([30], damaged);
        Assert.Null(await data.Checkpoints.LoadLastGood(run.Id, accept: _ => false));
        await data.Metrics.TruncateAfter(run.Id, 1, 20);
        Assert.Equal(20, (await data.Metrics.Names(run.Id))[0].LastStep);
    }

    [Theory]
    [InlineData("metric_points")]
    [InlineData("metric_tiers")]
    [InlineData("checkpoints")]
    public async Task Append_StorageFailsHalfWay_WritesNothing(string table)
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun();
        await data.Metrics.Append(run.Id, 1, [new("m", 1, 0, 1)]);
        await Execute(data, $"CREATE TRIGGER full BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");

        var error = await Assert.ThrowsAsync<SqliteException>(() =>
            data.Metrics.Append(run.Id, 1, [new("m", 2, 0, 2), new("n", 2, 0, 2)], new NewCheckpoint(2, 0, 0, [1]), new RunProgress(2, 0, 0)));

        Assert.Contains("full", error.Message);
        await Execute(data, "DROP TRIGGER full");
        Assert.Equal(1, Assert.Single(await data.Metrics.Names(run.Id)).Count);
        Assert.Equal(0, (await data.Get(run.Id)).StepsDone);
        await data.Metrics.Append(run.Id, 1, [new("m", 2, 0, 2)]);
        var read = await data.Metrics.Read(run.Id, "m");
        Assert.Equal([1.0, 2.0], read!.Value);
    }

    [Fact]
    public async Task Backup_WhileWriting_IsWholeAndReadable()
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun();
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var step = 1L; !stop.IsCancellationRequested; step++)
                await data.Metrics.Append(run.Id, 1, [new("m", step, 0, step)]);
        });
        var file = Path.Combine(data.Folder, "copy.db");
        await Task.Delay(200);
        await data.Database.Backup(file);
        await stop.CancelAsync();
        await writing;

        await using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        Assert.Equal("ok", await command.ExecuteScalarAsync());
        command.CommandText = "SELECT count FROM metric_series";
        var counted = (long)(await command.ExecuteScalarAsync())!;
        command.CommandText = "SELECT count(*) FROM metric_points";
        Assert.Equal(counted, await command.ExecuteScalarAsync());
        Assert.True(counted > 0);
        Assert.False(File.Exists(file + ".unfinished"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task Log_WithoutEnd_IsCutWithANote()
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun();
        await using (var context = data.Context())
        {
            context.LogLines.Add(new LogLine { RunId = run.Id, Sequence = RunLog.MostLines - 2, Time = data.Time.GetUtcNow(), Stream = LogLine.Out, Text = "" });
            await context.SaveChangesAsync();
        }
        await data.Log.Append(run.Id, [.. Enumerable.Range(0, 10).Select(index => new LogText(LogLine.Out, $"line {index}"))]);
        await data.Log.Append(run.Id, [new(LogLine.Out, "more")]);

        var end = await data.Log.Read(run.Id, RunLog.MostLines - 1);
        Assert.Equal([RunLog.MostLines, RunLog.MostLines + 1], end.Select(line => line.Sequence));
        Assert.Equal(LogLine.Lab, end[1].Stream);
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Log_AnyText_IsStored(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var run = await data.AddRun();
        await data.Log.Append(run.Id, [new(LogLine.Err, "zero \0 and 'quote' ∇θ"), new(LogLine.Out, new string('x', 9_999))]);

        var lines = await data.Log.Read(run.Id);
        Assert.Equal("zero \uFFFD and 'quote' ∇θ", lines[0].Text);
        Assert.Equal(RunLog.LongestLine + 1, lines[1].Text.Length);
    }

    [Fact]
    public async Task Artifacts_PutTwice_KeepTheLast_AndHaveALimit()
    {
        await using var data = await TestData.Create();
        var run = await data.AddRun();
        await data.Artifacts.Put(run.Id, "../replay", "application/json", [1]);
        await data.Artifacts.Put(run.Id, "../replay", "application/json", [1, 2]);

        Assert.Equal(2, Assert.Single(await data.Artifacts.List(run.Id)).Size);
        var kept = await data.Artifacts.Get(run.Id, "../replay");
        Assert.Equal([1, 2], kept!.Content);
        await Assert.ThrowsAsync<ArgumentException>(() => data.Artifacts.Put(run.Id, "big", "x", new byte[NewArtifact.MostBytes + 1]));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Erase_LeavesNothing(bool onServer)
    {
        await using var data = await TestData.Create(onServer);
        var (gone, kept) = (await data.AddRun(), await data.AddRun());
        foreach (var run in (Run[])[gone, kept])
        {
            await data.Metrics.Append(run.Id, 1, [new("m", 1, 0, 1)], new NewCheckpoint(1, 0, 0, [1]));
            await data.Log.Append(run.Id, [new(LogLine.Out, "line")]);
        }

        await data.Metrics.Erase(gone.Id);

        await using var connection = await data.Database.Open();
        foreach (var table in (string[])["runs", "metric_series", "metric_points", "log_lines", "checkpoints"])
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"SELECT count(*) FROM {table}";
            Assert.Equal(1L, Convert.ToInt64(await command.ExecuteScalarAsync()));
        }
    }

    private static async Task Execute(TestData data, string sql)
    {
        await using var connection = await data.Database.Open();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
