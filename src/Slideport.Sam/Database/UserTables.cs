using Microsoft.EntityFrameworkCore;

namespace Slideport.Sam.Database;

/// <summary>The tables around users: what goes with a user goes when he is removed.</summary>
internal static class UserTables
{
    /// <summary>Longest login name, as in the GT 450's SAM.</summary>
    internal const int MaxName = 296;

    // The longest a WebAuthn credential id may be (Web Authentication Level 3, 4).
    private const int MaxCredentialId = 1023;

    internal static void Build(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<User>(user =>
        {
            user.HasIndex(u => u.NormalizedName).IsUnique();
            user.Property(u => u.Name).HasMaxLength(MaxName);
            user.Property(u => u.NormalizedName).HasMaxLength(MaxName);
            user.Property(u => u.Role).HasConversion<string>().HasMaxLength(20);
            user.Property(u => u.SecurityStamp).HasMaxLength(64);
            user.Property(u => u.TotpSecret).HasMaxLength(1000);
            user.Property(u => u.PendingTotpSecret).HasMaxLength(1000);
            user.Property(u => u.Changes).IsConcurrencyToken();
        });
        modelBuilder.Entity<FormerPassword>(password =>
        {
            password.HasIndex(p => new { p.UserId, p.Id });
            password.HasOne<User>().WithMany().HasForeignKey(p => p.UserId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<RecoveryCode>(code =>
        {
            code.HasKey(c => c.Hash);
            code.Property(c => c.Hash).HasMaxLength(64);
            code.HasOne<User>().WithMany().HasForeignKey(c => c.UserId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<Passkey>(passkey =>
        {
            passkey.HasIndex(p => p.CredentialId).IsUnique();
            passkey.Property(p => p.CredentialId).HasMaxLength(MaxCredentialId);
            passkey.Property(p => p.PublicKey).HasMaxLength(2000);
            passkey.HasOne<User>().WithMany().HasForeignKey(p => p.UserId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<PasskeyCeremony>(ceremony =>
        {
            ceremony.HasKey(c => c.Hash);
            ceremony.HasIndex(c => c.ExpiresAt);
            ceremony.Property(c => c.Hash).HasMaxLength(64);
            ceremony.Property(c => c.State).HasMaxLength(-1);
        });
        modelBuilder.Entity<Session>(session =>
        {
            session.HasIndex(s => s.TokenHash).IsUnique();
            session.HasIndex(s => s.EndsAt);
            session.Property(s => s.TokenHash).HasMaxLength(64);
            session.Property(s => s.SecurityStamp).HasMaxLength(64);
            session.HasOne<User>().WithMany().HasForeignKey(s => s.UserId).OnDelete(DeleteBehavior.Cascade);
        });
        BuildPins(modelBuilder);
        modelBuilder.Entity<SupportPeriod>().HasIndex(p => p.Until);
        modelBuilder.Entity<FirstAdminToken>(token =>
        {
            token.HasKey(t => t.Hash);
            token.Property(t => t.Hash).HasMaxLength(64);
        });
    }

    private static void BuildPins(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Pin>(pin =>
        {
            pin.HasIndex(p => new { p.ScannerId, p.UserId }).IsUnique();
            pin.HasIndex(p => new { p.ScannerId, p.Hash }).IsUnique();
            pin.Property(p => p.Hash).HasMaxLength(64);
            pin.HasOne<Scanner>().WithMany().HasForeignKey(p => p.ScannerId).OnDelete(DeleteBehavior.Cascade);
            pin.HasOne<User>().WithMany().HasForeignKey(p => p.UserId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<PinFailure>(failure =>
        {
            failure.HasIndex(f => new { f.ScannerId, f.At });
            failure.HasOne<Scanner>().WithMany().HasForeignKey(f => f.ScannerId).OnDelete(DeleteBehavior.Cascade);
        });
    }
}
