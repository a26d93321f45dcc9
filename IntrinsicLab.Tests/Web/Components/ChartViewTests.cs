using IntrinsicLab.Web.Components;
using Microsoft.AspNetCore.WebUtilities;

namespace IntrinsicLab.Tests.Web.Components;

public sealed class ChartViewTests
{
    [Fact]
    public void Parameters_ReadBackEqual()
    {
        var view = new ChartView
        {
            Axis = "seconds",
            Smoothing = 0.6,
            WithoutOutliers = true,
            Range = (100, 2000),
            Logarithmic = ["loss/value"],
            Tables = ["return/extrinsic", "loss/policy"],
        };
        var address = QueryHelpers.AddQueryString("http://lab/runs", view.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value?.ToString()));

        Assert.Equivalent(view, ChartView.Read(address), strict: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?x=dreams&smooth=much&range=9-1&outliers=on")]
    public void Read_OfNothingOrNonsense_IsTheUsualView(string query) =>
        Assert.Equivalent(new ChartView(), ChartView.Read("http://lab/runs" + query), strict: true);

    [Fact]
    public void UsualView_LeavesTheAddressAlone() => Assert.All(new ChartView().Parameters.Values, Assert.Null);
}
