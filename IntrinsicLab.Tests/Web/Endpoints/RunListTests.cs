namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class RunListTests(ApiApplication lab)
{
    [Theory]
    [InlineData("-created")]
    [InlineData("created")]
    [InlineData("name")]
    [InlineData("-return")]
    [InlineData("status")]
    public async Task Paging_WhileRunsArrive_NeitherSkipsNorRepeats(string sort)
    {
        var tag = $"page{Guid.NewGuid():N}";
        var expected = new HashSet<string>();
        for (var index = 0; index < 7; index++)
            expected.Add((await lab.CreateRun($$"""{"source":"external","name":"{{index % 3}}","tags":["{{tag}}"]}""")).Split('/')[1]);
        var seen = new List<string>();

        var next = $"runs?tag={tag}&limit=3&sort={sort}";
        while (next is not null)
        {
            var response = await lab.Client.GetAsync(next);
            var page = await ApiApplication.Read(response, System.Net.HttpStatusCode.OK);
            seen.AddRange(page["items"]!.AsArray().Select(row => (string)row!["id"]!));
            next = response.Headers.TryGetValues("Link", out var links) ? links.Single().Split('<', '>')[1] : null;
            Assert.Equal(next is null, page["next"] is null);
            if (seen.Count <= 6)
                await lab.CreateRun($$"""{"source":"external","name":"0","tags":["{{tag}}"]}""");
        }

        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Superset(expected, seen.ToHashSet());
    }

    [Fact]
    public async Task Filters_AreCombined()
    {
        var tag = $"filter{Guid.NewGuid():N}";
        await lab.CreateRun($$"""{"algorithm":"ppo","environment":"cartpole","steps":1000,"tags":["{{tag}}"],"notes":"a Zebra walks"}""");
        await lab.CreateRun($$"""{"algorithm":"a2c","environment":"cartpole","steps":1000,"tags":["{{tag}}"]}""");
        var paused = await lab.CreateRun($$"""{"algorithm":"a2c","environment":"cartpole","steps":1000,"tags":["{{tag}}"]}""");
        await lab.Post($"{paused}/pause");

        Assert.Equal(3, await Count($"tag={tag}"));
        Assert.Equal(2, await Count($"tag={tag}&algorithm=a2c"));
        Assert.Equal(3, await Count($"tag={tag}&algorithm=a2c,ppo&status=active"));
        Assert.Equal(1, await Count($"tag={tag}&status=paused,failed"));
        Assert.Equal(1, await Count($"tag={tag}&q=zebra%20PPO"));
        Assert.Equal(0, await Count($"tag={tag}&baseline=true"));
        Assert.Equal(0, await Count($"tag={tag}&experiment={Guid.NewGuid()}"));
        Assert.Equal(0, await Count($"tag={tag}&environment=catch"));
    }

    [Fact]
    public async Task Rows_CarryNoPlan()
    {
        await lab.CreateRun();
        var row = (await lab.Get("runs?limit=1"))["items"]![0]!.AsObject();

        Assert.False(row.ContainsKey("parameters"));
        Assert.True(row.ContainsKey("lastReturn"));
    }

    private async Task<int> Count(string query)
    {
        var page = await lab.Get($"runs?{query}&count=true");
        Assert.Equal((int)page["count"]!, page["items"]!.AsArray().Count);
        return (int)page["count"]!;
    }
}
