using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slideport.Sam.Database.Migrations.SqlServer
{
    /// <inheritdoc />
    public partial class ToldOpenings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "ToldOpenings",
                columns: table => new
                {
                    Teller = table.Column<string>(type: "nvarchar(100)", maxLength: 100, nullable: false),
                    OpeningId = table.Column<string>(type: "nvarchar(64)", maxLength: 64, nullable: false),
                    At = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ToldOpenings", x => new { x.Teller, x.OpeningId });
                });

            migrationBuilder.CreateIndex(
                name: "IX_ToldOpenings_At",
                table: "ToldOpenings",
                column: "At");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ToldOpenings");
        }
    }
}
