using IntrinsicLab.Data;
using IntrinsicLab.Web;
using IntrinsicLab.Web.Components;

namespace IntrinsicLab.Tests.Web.Components;

public sealed class RunSearchTests
{
    [Fact]
    public void Read_TellsPairsFromWords()
    {
        var filter = RunSearch.Read("status:running hopper algorithm:ppo Status:failed").Filter;

        Assert.Equal([RunStatus.Running, RunStatus.Failed], filter.Statuses);
        Assert.Equal(["ppo"], filter.Algorithms);
        Assert.Equal("hopper", filter.Text);
    }

    [Fact]
    public void ToString_ReadsBackEqual()
    {
        const string text = "status:running tag:paper hopper delayed";

        Assert.Equal(text, RunSearch.Read(text).ToString());
    }

    [Fact]
    public void Toggle_Twice_IsAsBefore() =>
        Assert.Equal("hopper", RunSearch.Read("hopper").Toggle("status", "failed").Toggle("status", "failed").ToString());

    [Fact]
    public void ShortId_ReadsBackEqual()
    {
        var id = Guid.CreateVersion7();

        Assert.Equal(22, PageUrls.Short(id).Length);
        Assert.Equal(id, PageUrls.FromShort(PageUrls.Short(id)));
        Assert.Null(PageUrls.FromShort("nothing"));
    }
}
