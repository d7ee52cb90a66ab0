using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Tests;

/// <summary>Two nodes on one database. The embedded one has one node, and one writer.</summary>
public sealed class SamWriterTests(PostgreSqlServer server)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_decided_before_another_node_changed_it_is_decided_again()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnPostgreSql(server));
        using var here = new SamWriter(sam.Databases, TimeProvider.System);
        using var there = new SamWriter(sam.Databases, TimeProvider.System);
        var seen = new List<int>();

        await here.WriteAsync(async writing =>
        {
            seen.Add(await writing.Database.SupportPeriods.CountAsync(Cancel));
            if (seen.Count == 1)
                await SwitchOnAsync(there);
            writing.Audit(Actor.System, "test.decide", "");
            return true;
        }, Cancel);

        Assert.Equal([0, 1], seen);
    }

    private static Task<bool> SwitchOnAsync(SamWriter writer) => writer.WriteAsync(writing =>
    {
        writing.Database.SupportPeriods.Add(new SupportPeriod { From = writing.Now, Until = writing.Now, SwitchedOnBy = "anna", Reason = "" });
        writing.Audit(Actor.System, "test.change", "");
        return Task.FromResult(true);
    }, Cancel);
}
