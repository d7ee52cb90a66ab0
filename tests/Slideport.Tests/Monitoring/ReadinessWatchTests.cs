using Microsoft.Extensions.Time.Testing;
using Slideport.Hosting.Monitoring;
using Slideport.Protocol.Readiness;

namespace Slideport.Tests.Monitoring;

public sealed class ReadinessWatchTests
{
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_check_that_does_not_come_back_is_a_problem_keeps_nobody_and_is_not_begun_again()
    {
        var (asked, answer) = (0, new TaskCompletionSource<string?>());
        using var watch = new ReadinessWatch([("converter", new ReadinessCheck("image store", _ => Counted())), ("converter", new ReadinessCheck("spool", _ => Task.FromResult<string?>(null)))], _time);
        Task<string?> Counted()
        {
            asked++;
            return answer.Task;
        }

        var (first, second) = (watch.LookAsync(Cancel), watch.LookAsync(Cancel));
        _time.Advance(TimeSpan.FromSeconds(5));
        var views = await first;
        await second;

        Assert.Equal(new ReadinessView("converter", "image store", "It has not answered for 5 seconds."), views[0]);
        Assert.Null(views[1].Problem);
        Assert.Equal(1, asked);
        answer.SetResult(null);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.All(await watch.LookAsync(Cancel), view => Assert.Null(view.Problem));
    }

    [Fact]
    public async Task However_many_ask_in_one_second_it_is_looked_at_once()
    {
        var asked = 0;
        using var watch = new ReadinessWatch([("sam", new ReadinessCheck("database", _ => Task.FromResult<string?>($"{++asked}")))], _time);

        for (var i = 0; i < 10; i++)
            await watch.LookAsync(Cancel);
        _time.Advance(TimeSpan.FromSeconds(1));
        var views = await watch.LookAsync(Cancel);

        Assert.Equal("2", Assert.Single(views).Problem);
    }

    [Fact]
    public async Task A_check_that_fails_is_a_problem_of_what_it_checks()
    {
        using var watch = new ReadinessWatch([("sam", new ReadinessCheck("database", _ => throw new InvalidOperationException("It broke.")))], _time);

        Assert.Equal("It broke.", Assert.Single(await watch.LookAsync(Cancel)).Problem);
    }
}
