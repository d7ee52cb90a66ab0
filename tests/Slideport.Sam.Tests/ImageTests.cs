using System.Net;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol;
using Slideport.Protocol.ImageMetadata;

namespace Slideport.Sam.Tests;

public abstract class ImageTests(TestDatabase testDatabase)
{
    [Fact]
    public async Task An_image_told_of_twice_is_kept_once_and_leaves_for_the_DSR_once()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");

        await scanner.PutImageAsync(TestImage.Of("I1"), TestContext.Current.CancellationToken);
        await scanner.PutImageAsync(TestImage.Of("I1"), TestContext.Current.CancellationToken);

        await using var database = sam.Databases.CreateDbContext();
        Assert.Equal(1, await database.Images.CountAsync(TestContext.Current.CancellationToken));
        Assert.Equal("SS1/I1", (await database.Outbox.SingleAsync(TestContext.Current.CancellationToken)).Subject);
    }

    [Fact]
    public async Task Another_image_under_the_same_id_is_refused_and_the_first_stays()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        await scanner.PutImageAsync(TestImage.Of("I1"), TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<SamException>(() => scanner.PutImageAsync(TestImage.Of("I1") with { Barcode = "OTHER" }, TestContext.Current.CancellationToken));

        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
    }

    [Fact]
    public async Task Two_scanners_may_use_the_same_id()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (one, _) = await sam.EnrolScannerAsync("SS1");
        var (other, _) = await sam.EnrolScannerAsync("SS2");

        await one.PutImageAsync(TestImage.Of("I1"), TestContext.Current.CancellationToken);
        await other.PutImageAsync(TestImage.Of("I1"), TestContext.Current.CancellationToken);

        await using var database = sam.Databases.CreateDbContext();
        Assert.Equal(2, await database.Images.CountAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Many_at_once_are_all_kept_once()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");

        await Parallel.ForEachAsync(Enumerable.Range(0, 600), TestContext.Current.CancellationToken,
            async (i, token) => await scanner.PutImageAsync(TestImage.Of($"I{i % 300}"), token));

        await using var database = sam.Databases.CreateDbContext();
        Assert.Equal(300, await database.Images.CountAsync(TestContext.Current.CancellationToken));
        Assert.Equal(300, await database.Outbox.CountAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("imageId", "a/b")]
    [InlineData("seriesInstanceUid", "")]
    [InlineData("sha256", "ABC")]
    public async Task A_wrong_field_is_named(string field, string value)
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        var (scanner, _) = await sam.EnrolScannerAsync("SS1");
        var image = field switch
        {
            "imageId" => TestImage.Of(value),
            "seriesInstanceUid" => TestImage.Of("I1") with { SeriesInstanceUid = value },
            _ => TestImage.Of("I1") with { Instances = [new ImageInstance("1.2", value, 1)] },
        };

        var refused = await Assert.ThrowsAsync<SamException>(() => scanner.PutImageAsync(image, TestContext.Current.CancellationToken));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains(refused.Errors, e => e.Field.EndsWith(field, StringComparison.Ordinal));
    }
}

public sealed class ImageTestsOnSqlite() : ImageTests(new OnSqlite());

public sealed class ImageTestsOnPostgreSql(PostgreSqlServer server) : ImageTests(new OnPostgreSql(server));

public sealed class ImageTestsOnSqlServer(SqlServerInstance server) : ImageTests(new OnSqlServer(server));
